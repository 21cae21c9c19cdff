package licet

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Store keeps the records of a client between runs of the app. Implement it to use a database or the settings
// of your app. Names consist of letters, digits and dashes. It is used by several goroutines at once.
type Store interface {
	// Get returns the text that was put last, or "".
	Get(ctx context.Context, name string) (string, error)
	Put(ctx context.Context, name, text string) error
	// Delete deletes the text, if there is one.
	Delete(ctx context.Context, name string) error
}

// MemoryStore is a store that lasts as long as the process. Its zero value is ready to use.
type MemoryStore struct{ texts sync.Map }

// Get implements Store.
func (s *MemoryStore) Get(_ context.Context, name string) (string, error) {
	text, _ := s.texts.Load(name)
	found, _ := text.(string)
	return found, nil
}

// Put implements Store.
func (s *MemoryStore) Put(_ context.Context, name, text string) error {
	s.texts.Store(name, text)
	return nil
}

// Delete implements Store.
func (s *MemoryStore) Delete(_ context.Context, name string) error {
	s.texts.Delete(name)
	return nil
}

// FileStore is a store with one file for each name in a directory, readable by its owner only and never
// half written. A client without another store uses one in the configuration directory of the user.
type FileStore struct {
	Directory string
	// err says why there is no directory.
	err error
}

func openFileStore(appID string) *FileStore {
	directory, err := os.UserConfigDir()
	if local := os.Getenv("LOCALAPPDATA"); runtime.GOOS == "windows" && local != "" {
		directory, err = local, nil // The other one may roam to other devices.
	}
	return &FileStore{filepath.Join(directory, appID), err}
}

func (s *FileStore) path(name string) string { return filepath.Join(s.Directory, name+".json") }

// Get implements Store.
func (s *FileStore) Get(_ context.Context, name string) (string, error) {
	if s.err != nil {
		return "", s.err
	}
	text, err := os.ReadFile(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}

// Put implements Store.
func (s *FileStore) Put(ctx context.Context, name, text string) error {
	if s.err != nil {
		return s.err
	}
	if err := os.MkdirAll(s.Directory, 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(s.Directory, name+".*.tmp")
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = replace(ctx, temporary.Name(), s.path(name))
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}

// Delete implements Store.
func (s *FileStore) Delete(_ context.Context, name string) error {
	if s.err != nil {
		return s.err
	}
	if err := os.Remove(s.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

const maxRenames = 5

// replace renames a file. On Windows, a file cannot be replaced while another process reads it.
func replace(ctx context.Context, from, to string) error {
	for attempt := 1; ; attempt++ {
		err := os.Rename(from, to)
		if err == nil || attempt == maxRenames || runtime.GOOS != "windows" {
			return err
		}
		if sleep(ctx, time.Duration(attempt)*10*time.Millisecond) != nil {
			return err
		}
	}
}

const maxUnwritten = 1000

// fallbackStore keeps working when its store does not: what cannot be written stays in memory, and is
// read from there. Each failure is reported.
type fallbackStore struct {
	Store
	report    func(error)
	mutex     sync.Mutex
	unwritten map[string]string // "" for what could not be deleted
}

func (s *fallbackStore) get(ctx context.Context, name string) string {
	s.mutex.Lock()
	kept, exists := s.unwritten[name]
	s.mutex.Unlock()
	if exists {
		return kept
	}
	text, err := s.Get(ctx, name)
	if err != nil {
		s.report(err)
	}
	return text
}

func (s *fallbackStore) put(ctx context.Context, name, text string) {
	s.note(name, text, s.Put(ctx, name, text))
}

func (s *fallbackStore) delete(ctx context.Context, name string) {
	s.note(name, "", s.Delete(ctx, name))
}

func (s *fallbackStore) note(name, text string, err error) {
	s.mutex.Lock()
	if err == nil {
		delete(s.unwritten, name)
	} else {
		if s.unwritten == nil || len(s.unwritten) >= maxUnwritten {
			s.unwritten = map[string]string{}
		}
		s.unwritten[name] = text
	}
	s.mutex.Unlock()
	if err != nil {
		s.report(err)
	}
}
