package licet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

var errDisk = errors.New("the disk is full")

// brokenStore fails always.
type brokenStore struct{}

func (brokenStore) Get(context.Context, string) (string, error) { return "", errDisk }
func (brokenStore) Put(context.Context, string, string) error   { return errDisk }
func (brokenStore) Delete(context.Context, string) error        { return errDisk }

func TestAStoredTextIsReadableByItsOwnerOnly(t *testing.T) {
	ctx, store := context.Background(), &FileStore{Directory: filepath.Join(t.TempDir(), "new", "directory")}
	if err := store.Put(ctx, "licet-1", "first"); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(ctx, "licet-1", "second"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(store.path("licet-1"))
	if err != nil || (runtime.GOOS != "windows" && info.Mode() != 0o600) {
		t.Errorf("the mode is %v (%v)", info.Mode(), err)
	}
	if text, err := store.Get(ctx, "licet-1"); text != "second" || err != nil {
		t.Errorf("the text is %q (%v)", text, err)
	}
	entries, _ := os.ReadDir(store.Directory)
	if len(entries) != 1 {
		t.Errorf("there are %d files", len(entries))
	}
}

func TestADeletedOrMissingTextIsEmpty(t *testing.T) {
	ctx, store := context.Background(), &FileStore{Directory: t.TempDir()}
	for range 2 {
		if err := errors.Join(store.Put(ctx, "licet-1", "text"), store.Delete(ctx, "licet-1"), store.Delete(ctx, "licet-1")); err != nil {
			t.Error(err)
		}
		if text, err := store.Get(ctx, "licet-1"); text != "" || err != nil {
			t.Errorf("the text is %q (%v)", text, err)
		}
	}
}

func TestParallelWritesLeaveAWholeText(t *testing.T) {
	ctx, store := context.Background(), &FileStore{Directory: t.TempDir()}
	var group sync.WaitGroup
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			if err := store.Put(ctx, "licet-1", "a whole text"); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if text, err := store.Get(ctx, "licet-1"); text != "a whole text" || err != nil {
		t.Errorf("the text is %q (%v)", text, err)
	}
}

func TestABrokenStoreIsReportedAndKeptInMemory(t *testing.T) {
	ctx, problems := context.Background(), 0
	store := &fallbackStore{Store: brokenStore{}, report: func(err error) {
		if errors.Is(err, errDisk) {
			problems++
		}
	}}
	store.put(ctx, "licet-1", "text")
	if text := store.get(ctx, "licet-1"); text != "text" {
		t.Errorf("the text is %q", text)
	}
	store.delete(ctx, "licet-1")
	if text := store.get(ctx, "licet-1"); text != "" || problems != 2 {
		t.Errorf("the text is %q after %d problems", text, problems)
	}
}

func TestAStoreWithoutADirectoryFailsAtEachCall(t *testing.T) {
	ctx, store := context.Background(), &FileStore{err: errDisk}
	_, err := store.Get(ctx, "licet-1")
	for _, err := range []error{err, store.Put(ctx, "licet-1", "text"), store.Delete(ctx, "licet-1")} {
		if !errors.Is(err, errDisk) {
			t.Errorf("the error is %v", err)
		}
	}
}
