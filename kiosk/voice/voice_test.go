package voice

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// speaker is a program in place of espeak-ng that notes what it is given and
// then goes on for a minute.
func speaker(t *testing.T) (*Voice, func() string) {
	t.Helper()
	dir := t.TempDir()
	noted := filepath.Join(dir, "noted")
	script := "#!/bin/sh\necho \"start $$ $*\" >> " + noted + "\ncat >> " + noted + "\necho >> " + noted + "\nexec sleep 60\n"
	program := filepath.Join(dir, "speaker")
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	v, err := open(program)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Stop)
	return v, func() string { b, _ := os.ReadFile(noted); return string(b) }
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain:", what)
		}
	}
}

func TestTheTextGoesInByAPipe(t *testing.T) {
	v, noted := speaker(t)
	v.Say("id", "Selamat datang")
	until(t, "the text", func() bool { return strings.Contains(noted(), "Selamat datang") })
	first, _, _ := strings.Cut(noted(), "\n")
	if !strings.Contains(first, "-v id") || strings.Contains(first, "Selamat") {
		t.Errorf("started with %q", first)
	}
}

func TestANewSentenceEndsTheOldOneAtOnce(t *testing.T) {
	v, noted := speaker(t)
	v.Say("id", "satu")
	until(t, "the first", func() bool { return strings.Contains(noted(), "satu") })
	old := speaking(v)
	v.Say("en", "two")
	until(t, "the second", func() bool { return strings.Contains(noted(), "two") })
	until(t, "the first to end", func() bool { return ended(old) })
	now := speaking(v)
	v.Stop()
	until(t, "silence", func() bool { return ended(now) })
}

func speaking(v *Voice) *os.Process {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.speaks.Process
}

func ended(p *os.Process) bool { return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) }

func TestNothingElseIsRun(t *testing.T) {
	v, noted := speaker(t)
	v.Say("id; rm -rf /", "x")
	v.Say("--help", "x")
	v.Say("id", "  ")
	v.Say("en", "last")
	until(t, "the last", func() bool { return strings.Contains(noted(), "last") })
	if n := strings.Count(noted(), "start"); n != 1 {
		t.Errorf("started %d times:\n%s", n, noted())
	}
}

func TestAMachineWithoutTheProgramIsSilent(t *testing.T) {
	if _, err := open("no-such-program"); !errors.Is(err, ErrSilent) {
		t.Error(err)
	}
}

// The real program speaks both languages: it writes sound that is not silence.
func TestTheRealProgramSpeaks(t *testing.T) {
	program, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("espeak-ng is not installed")
	}
	for _, voice := range []string{"id", "en"} {
		cmd := exec.Command(program, "-v", voice, "-s", "140", "--stdin", "--stdout")
		cmd.Stdin = strings.NewReader("Selamat datang, welcome")
		wave, err := cmd.Output()
		loud := 0
		for _, b := range wave {
			if b != 0 {
				loud++
			}
		}
		if err != nil || len(wave) < 20_000 || loud < len(wave)/4 {
			t.Errorf("%s: %d bytes, %d not silent, %v", voice, len(wave), loud, err)
		}
	}
}
