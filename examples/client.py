"""Says a WAV file (PCM16 mono) to Viva, prints what comes of it, and keeps the answer: client.py QUESTION.wav ANSWER.wav"""
import asyncio, itertools, json, os, struct, sys, time, wave

import websockets  # pip install websockets

URL = os.environ.get("VIVA_URL", "http://127.0.0.1:8080").replace("http", "ws", 1) + "/api/v1/interaction/ws"
HEADERS = {"Authorization": f"Bearer {os.environ['VIVA_TOKEN']}"} if "VIVA_TOKEN" in os.environ else None

async def speak(socket, rate, pcm):
    """A frame every 20 ms, stamped with the time of its first sample; silence when the file is over."""
    began, size = time.monotonic(), rate // 50 * 2
    for number in itertools.count():
        await asyncio.sleep(began + (number + 1) * 0.02 - time.monotonic())
        frame = pcm[number * size:(number + 1) * size].ljust(size, b"\0")
        await socket.send(struct.pack("<BBHIQ", 1, 0, 0, number, number * 20_000) + frame)

async def main(question, answer):
    with wave.open(question) as file, wave.open(answer, "wb") as kept:
        rate, pcm = file.getframerate(), file.readframes(file.getnframes())
        kept.setparams((1, 2, rate, 0, "NONE", None))
        async with websockets.connect(URL, additional_headers=HEADERS) as socket:
            await socket.send(json.dumps({"type": "start_session", "mode": "realtime", "audio": {"input_rate": rate, "output_rate": rate}}))
            async for message in socket:
                if isinstance(message, bytes):  # a header of 16 bytes, then samples
                    kept.writeframesraw(message[16:])
                    continue
                message = json.loads(message)
                if message["type"] == "session_started":
                    print("session", message["session_id"])
                    speaking = asyncio.create_task(speak(socket, rate, pcm))
                elif message["type"] == "transcript" and message["is_final"]:
                    print(message["role"] + ":", message["text"])
                elif message["type"] == "response_ended":  # heard to its end
                    print("latency in ms:", message["latency"])
                    speaking.cancel()
                    await socket.send('{"type": "end_session"}')
                elif message["type"] in ("error", "session_ended"):
                    return message.get("message")

sys.exit(asyncio.run(main(*sys.argv[1:])))
