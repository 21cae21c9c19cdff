use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs};

use crate::encoding::{random_bytes, to_hex};

const UNWRITTEN_MAX: usize = 1000;
const RENAMES_MAX: u64 = 5;

/// Where records are kept between runs of the app. Implement it to use a database or the settings of
/// your app. Names consist of letters, digits and dashes.
#[allow(clippy::missing_errors_doc)]
pub trait Store: Send + Sync {
    /// Returns the text that was put last.
    fn get(&self, name: &str) -> io::Result<Option<String>>;
    /// Replaces the text.
    fn put(&self, name: &str, text: &str) -> io::Result<()>;
    /// Deletes the text, if there is one.
    fn delete(&self, name: &str) -> io::Result<()>;
}

/// Locks a mutex. None of its users leaves its contents half changed, so poison does not matter.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A store that lasts as long as it is used.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<HashMap<String, String>>);

impl Store for MemoryStore {
    fn get(&self, name: &str) -> io::Result<Option<String>> {
        Ok(lock(&self.0).get(name).cloned())
    }

    fn put(&self, name: &str, text: &str) -> io::Result<()> {
        lock(&self.0).insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        lock(&self.0).remove(name);
        Ok(())
    }
}

/// A store with one file for each name, readable by its owner only and never half written.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: PathBuf,
}

impl FileStore {
    /// Keeps the files in a directory, which is created if it is missing.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Keeps the files in the directory in which the operating system keeps the settings of an app.
    ///
    /// # Errors
    ///
    /// If the user has no such directory.
    pub fn for_app(app_id: &str) -> io::Result<Self> {
        let missing = || io::Error::new(ErrorKind::NotFound, "The user has no home directory.");
        let directory = find_config_directory().ok_or_else(missing)?;
        Ok(Self::new(directory.join(app_id)))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.json"))
    }
}

impl Store for FileStore {
    fn get(&self, name: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(self.path(name)) {
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            // A file that is no text is a damaged record, which the next one replaces.
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(None),
            read => read.map(Some),
        }
    }

    fn put(&self, name: &str, text: &str) -> io::Result<()> {
        create_directory(&self.directory)?;
        let suffix = to_hex(&random_bytes::<8>());
        let temporary = self.directory.join(format!("{name}.{suffix}.tmp"));
        let written =
            write_new(&temporary, text).and_then(|()| replace(&temporary, &self.path(name)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            deleted => deleted,
        }
    }
}

fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// On Windows, a file cannot be replaced while another process reads it.
fn replace(temporary: &Path, path: &Path) -> io::Result<()> {
    for attempt in 1..RENAMES_MAX {
        match fs::rename(temporary, path) {
            Err(error) if cfg!(windows) && error.kind() == ErrorKind::PermissionDenied => {
                std::thread::sleep(std::time::Duration::from_millis(10 * attempt));
            }
            renamed => return renamed,
        }
    }
    fs::rename(temporary, path)
}

fn find_config_directory() -> Option<PathBuf> {
    let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return path("LOCALAPPDATA")
            .or_else(|| Some(path("USERPROFILE")?.join("AppData").join("Local")));
    }
    let home = path("HOME");
    if cfg!(target_os = "macos") {
        return Some(home?.join("Library").join("Application Support"));
    }
    path("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")))
}

/// Keeps working when its store does not: what cannot be written stays in memory, and is read from
/// there. Each failure is reported.
pub struct FallbackStore {
    store: Box<dyn Store>,
    /// None for what could not be deleted.
    unwritten: Mutex<HashMap<String, Option<String>>>,
    report: Box<dyn Fn(io::Error) + Send + Sync>,
}

impl FallbackStore {
    pub fn new(store: Box<dyn Store>, report: impl Fn(io::Error) + Send + Sync + 'static) -> Self {
        Self { store, unwritten: Mutex::default(), report: Box::new(report) }
    }

    pub fn get(&self, name: &str) -> Option<String> {
        if let Some(kept) = lock(&self.unwritten).get(name) {
            return kept.clone();
        }
        self.store.get(name).unwrap_or_else(|error| {
            (self.report)(error);
            None
        })
    }

    pub fn put(&self, name: &str, text: &str) {
        let written = self.store.put(name, text);
        self.note(name, Some(text), written);
    }

    pub fn delete(&self, name: &str) {
        let deleted = self.store.delete(name);
        self.note(name, None, deleted);
    }

    fn note(&self, name: &str, text: Option<&str>, result: io::Result<()>) {
        let mut unwritten = lock(&self.unwritten);
        let Err(error) = result else {
            unwritten.remove(name);
            return;
        };
        if unwritten.len() >= UNWRITTEN_MAX {
            unwritten.clear();
        }
        unwritten.insert(name.to_owned(), text.map(str::to_owned));
        drop(unwritten);
        (self.report)(error);
    }
}
