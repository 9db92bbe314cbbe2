// Plays answers from a ring buffer, says what it really played, stands still while the user may be speaking, and is emptied
// by one message.
//
// To this processor: { port }, once – the audio worker's end, see below;
//                    { flush: turn } – drop this answer and the ones before it, now and whenever they still arrive;
//                    { close } – stop for good.
// From it: { event, turn, frame, played } with the event "started", "progress", "paused", "resumed", "finished", "stopped" or
//          "underrun", the context's frame number at which it happened and the samples of the answer played until then;
//          { level, peak } – RMS and peak of what was played, about every 20 ms.
// From the worker: blocks { turn, samples, last }; { pause } – stand still if an answer is heard; { resume } – go on.
// To the worker: { heard, loudest } about every 20 ms – whether an answer is heard, and the RMS of its loudest quantum.

const FIRST_CAPACITY = 1 << 19; // 11 s at 48 kHz; grows when a provider sends faster.
const START_S = 0.04; // Audio to have before an answer begins: two frames, so that one late frame is not heard.
const RESTART_S = 0.08; // The same after the buffer ran dry.
const PROGRESS_S = 0.2;
const LEVEL_S = 0.02;
const AUDIBLE = 104 / 32768; // −50 dBFS, as `viva_audio::level::AUDIBLE`: what is below is silence at the beginning.
const FADE_FRAMES = 128; // What is cut or paused fades for 3 ms instead of clicking, and so does what goes on.
const MAX_PAUSE_S = 5; // Whoever paused and never came back has forgotten it.

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Float32Array(FIRST_CAPACITY);
    this.readAt = 0; // Positions count all samples ever; the place in the ring is the remainder.
    this.writeAt = 0;
    this.answers = []; // { turn, end, played, started, running, threshold, reported }, the first one plays.
    this.droppedTo = 0;
    this.tail = new Float32Array(0);
    this.pausedAt = null; // The frame since which playback stands still.
    this.fadesIn = false;
    this.meter = { sum: 0, peak: 0, frames: 0, loudest: 0 };
    this.worker = null;
    this.port.onmessage = ({ data }) => this.control(data);
  }

  control({ port, flush, close }) {
    if (port) {
      this.worker = port;
      port.onmessage = ({ data }) => this.obey(data);
    }
    if (flush !== undefined) this.flush(flush);
    if (close) this.closed = true;
  }

  obey(message) {
    if (message.pause) this.pause();
    else if (message.resume) this.resume();
    else this.receive(message);
  }

  // Whether somebody listens to an answer, also in the gap while its audio is late.
  get isHeard() {
    return this.pausedAt === null && (this.answers[0]?.started ?? false);
  }

  pause() {
    if (!this.isHeard) return;
    const current = this.answers[0];
    if (current.running) this.fade(current);
    this.pausedAt = currentFrame;
    this.report("paused", current, currentFrame);
  }

  resume() {
    if (this.pausedAt === null) return;
    this.pausedAt = null;
    this.fadesIn = true;
    this.report("resumed", this.answers[0], currentFrame);
  }

  receive({ turn, samples, last }) {
    if (turn <= this.droppedTo) return;
    let answer = this.answers.at(-1);
    if (answer?.turn !== turn) {
      if (answer) answer.end ??= this.writeAt;
      answer = { turn, end: null, played: 0, started: false, running: false, threshold: START_S, reported: 0 };
      this.answers.push(answer);
    }
    this.write(samples);
    if (last) answer.end = this.writeAt;
  }

  write(samples) {
    while (this.writeAt - this.readAt + samples.length > this.ring.length) this.grow();
    const at = this.writeAt % this.ring.length;
    const head = samples.subarray(0, this.ring.length - at);
    this.ring.set(head, at);
    this.ring.set(samples.subarray(head.length), 0);
    this.writeAt += samples.length;
  }

  grow() {
    const waiting = new Float32Array(this.writeAt - this.readAt);
    this.copy(this.readAt, waiting);
    this.ring = new Float32Array(this.ring.length * 2);
    this.writeAt = this.readAt;
    this.write(waiting);
  }

  copy(from, target) {
    const at = from % this.ring.length;
    const head = this.ring.subarray(at, at + target.length);
    target.set(head);
    target.set(this.ring.subarray(0, target.length - head.length), head.length);
  }

  flush(turn) {
    this.droppedTo = Math.max(this.droppedTo, turn);
    const current = this.answers[0];
    if (!current || current.turn > turn) return;
    if (current.running && this.pausedAt === null) this.fade(current);
    this.pausedAt = null;
    const kept = this.answers.findIndex((answer) => answer.turn > turn);
    const lastDropped = this.answers.at(kept === -1 ? -1 : kept - 1);
    this.readAt = lastDropped.end ?? this.writeAt;
    this.answers = kept === -1 ? [] : this.answers.slice(kept);
    this.report("stopped", current, currentFrame);
  }

  fade(answer) {
    const length = Math.min(FADE_FRAMES, (answer.end ?? this.writeAt) - this.readAt);
    this.tail = new Float32Array(length);
    this.copy(this.readAt, this.tail);
    for (let i = 0; i < length; i += 1) this.tail[i] *= 1 - (i + 1) / length;
  }

  process(_inputs, [[output]]) {
    if (this.closed) return false;
    output.set(this.tail);
    let filled = this.tail.length;
    if (filled > 0) this.tail = new Float32Array(0);
    if (this.pausedAt !== null && currentFrame - this.pausedAt >= MAX_PAUSE_S * sampleRate) this.resume();
    while (this.pausedAt === null && filled < output.length && this.answers.length > 0) {
      const count = this.play(output, filled);
      if (count === 0) break;
      filled += count;
    }
    this.measure(output);
    return true;
  }

  // Plays the first answer into `output` from `offset`; 0 when there is nothing to play now.
  play(output, offset) {
    const answer = this.answers[0];
    const available = (answer.end ?? this.writeAt) - this.readAt;
    if (!answer.running && answer.end === null && available < answer.threshold * sampleRate) return 0;
    if (available === 0) return this.runDry(answer, offset) ? this.play(output, offset) : 0;
    answer.running = true;
    const part = output.subarray(offset, offset + Math.min(output.length - offset, available));
    this.copy(this.readAt, part);
    if (this.fadesIn) {
      for (let i = 0; i < part.length; i += 1) part[i] *= (i + 1) / part.length;
      this.fadesIn = false;
    }
    this.readAt += part.length;
    this.announce(answer, part, currentFrame + offset);
    answer.played += part.length;
    if (answer.played - answer.reported >= PROGRESS_S * sampleRate) {
      answer.reported = answer.played;
      this.report("progress", answer, currentFrame + offset + part.length);
    }
    return part.length;
  }

  // The answer has nothing left: it is over, or its audio is late. Says whether another answer follows.
  runDry(answer, offset) {
    if (answer.end === null) {
      answer.running = false;
      answer.threshold = RESTART_S;
      this.report("underrun", answer, currentFrame + offset);
      return false;
    }
    if (!answer.started) this.report("started", answer, currentFrame + offset);
    this.report("finished", answer, currentFrame + offset);
    this.answers.shift();
    return this.answers.length > 0;
  }

  // Reports the first sample that can be heard.
  announce(answer, part, frame) {
    if (answer.started) return;
    const index = part.findIndex((sample) => Math.abs(sample) >= AUDIBLE);
    if (index === -1) return;
    answer.started = true;
    this.port.postMessage({ event: "started", turn: answer.turn, frame: frame + index, played: answer.played + index });
  }

  report(event, { turn, played }, frame) {
    this.port.postMessage({ event, turn, frame, played });
  }

  measure(output) {
    const { meter } = this;
    let sum = 0;
    for (const sample of output) {
      sum += sample * sample;
      meter.peak = Math.max(meter.peak, Math.abs(sample));
    }
    meter.sum += sum;
    meter.loudest = Math.max(meter.loudest, sum / output.length);
    meter.frames += output.length;
    if (meter.frames < LEVEL_S * sampleRate) return;
    this.port.postMessage({ level: Math.sqrt(meter.sum / meter.frames), peak: meter.peak });
    this.worker?.postMessage({ heard: this.isHeard, loudest: Math.sqrt(meter.loudest) });
    this.meter = { sum: 0, peak: 0, frames: 0, loudest: 0 };
  }
}

registerProcessor("viva-playback", Playback);
