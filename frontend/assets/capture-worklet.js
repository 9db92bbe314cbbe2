// Posts what the microphone delivers, as it comes. Everything else is done by the audio worker.
//
// To this processor, once: { port } – where the blocks go.
// From it: { frame, samples } – the context's frame number of the first sample, and a transferred Float32Array.

// 8 quanta of 128 frames: 21 ms at 48 kHz would delay the voice; 2 quanta keep the messages few and the delay at 5 ms.
const BLOCK_FRAMES = 256;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.target = null;
    this.block = new Float32Array(BLOCK_FRAMES);
    this.filled = 0;
    this.first = 0;
    this.port.onmessage = ({ data }) => {
      if (data.port) this.target = data.port;
      if (data.close) this.closed = true;
    };
  }

  process([input]) {
    if (this.closed) return false;
    const channels = input ?? [];
    if (!this.target || channels.length === 0) return true;
    if (this.filled > 0 && this.first + this.filled !== currentFrame) this.post();
    if (this.filled === 0) this.first = currentFrame;
    this.append(channels);
    if (this.filled >= BLOCK_FRAMES) this.post();
    return true;
  }

  // The page asks for one channel; a device that ignores this is mixed down.
  append(channels) {
    const length = channels[0].length;
    for (let i = 0; i < length; i += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.block[this.filled + i] = sum / channels.length;
    }
    this.filled += length;
  }

  post() {
    const samples = this.block.slice(0, this.filled);
    this.target.postMessage({ frame: this.first, samples }, [samples.buffer]);
    this.filled = 0;
  }
}

registerProcessor("viva-capture", Capture);
