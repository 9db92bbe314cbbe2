use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use viva_audio::{HEADER_LEN, SampleRate, WavHeader, pcm};

/// An open WAV file: PCM16 mono.
#[derive(Debug)]
pub(super) struct Recording {
    file: File,
    /// What the file says of itself, and what is complete in it.
    header: WavHeader,
}

impl Recording {
    pub(super) fn create(path: &Path, rate: SampleRate) -> io::Result<Self> {
        Self::over(
            File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .open(path)?,
            rate,
        )
    }

    fn over(mut file: File, rate: SampleRate) -> io::Result<Self> {
        let header = WavHeader::new(rate, 1);
        file.write_all(&header.encode())?;
        Ok(Self { file, header })
    }

    /// Appends PCM16 bytes behind what is complete, also behind what a failed append left.
    pub(super) fn append(&mut self, pcm: &[u8]) -> io::Result<()> {
        if pcm.is_empty() {
            return Ok(());
        }
        let len = u64::from(self.header.data_len()) + pcm.len() as u64;
        let header = self.header.with_data_len(len);
        if u64::from(header.data_len()) != len {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.file.seek(SeekFrom::Start(self.header.file_len()))?;
        self.file.write_all(pcm)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header.encode())?;
        self.header = header;
        Ok(())
    }

    /// The last samples that are complete, at most so many.
    pub(super) fn read_last(&mut self, most: u64) -> io::Result<Vec<i16>> {
        let complete = u64::from(self.header.data_len());
        let wanted = complete.min(most.saturating_mul(2));
        let mut bytes = vec![0; usize::try_from(wanted).map_err(io::Error::other)?];
        self.file
            .seek(SeekFrom::Start(HEADER_LEN as u64 + complete - wanted))?;
        self.file.read_exact(&mut bytes)?;
        let samples = pcm::samples_from_le_bytes(&bytes).map_err(io::Error::other)?;
        Ok(samples.collect())
    }

    /// Cuts off what a failed append left, and returns the number of samples.
    pub(super) fn finish(&mut self) -> io::Result<u64> {
        self.file.set_len(self.header.file_len())?;
        Ok(u64::from(self.header.data_len()) / 2)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use viva_audio::Clip;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_reported() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let err = Recording::over(full, SampleRate::HZ_24K).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn what_a_failed_append_left_is_overwritten_and_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let mut recording = Recording::create(&path, SampleRate::HZ_16K).unwrap();
        recording.append(&pcm::to_le_bytes(&[1, 2, 3])).unwrap();
        // As when the disk was full in the middle of an append.
        recording.file.seek(SeekFrom::End(0)).unwrap();
        recording.file.write_all(&[9; 7]).unwrap();
        assert_eq!(played(&path), [1, 2, 3]);

        recording.append(&pcm::to_le_bytes(&[4])).unwrap();
        assert_eq!(played(&path), [1, 2, 3, 4]);
        assert_eq!(recording.finish().unwrap(), 4);
        assert_eq!(played(&path), [1, 2, 3, 4]);
        assert_eq!(fs::metadata(&path).unwrap().len(), 44 + 8);
    }

    #[test]
    fn a_file_does_not_outgrow_its_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let mut recording = Recording::create(&path, SampleRate::HZ_48K).unwrap();
        recording.header = recording.header.with_data_len(u64::from(u32::MAX));
        let before = recording.header;
        let err = recording.append(&[0; 2]).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(recording.header, before);
    }

    fn played(path: &Path) -> Vec<i16> {
        Clip::read(File::open(path).unwrap()).unwrap().samples
    }
}
