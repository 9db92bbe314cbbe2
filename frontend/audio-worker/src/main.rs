fn main() {
    viva_audio_worker::run();
}
