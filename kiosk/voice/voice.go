// Package voice reads the screen aloud with espeak-ng, which is installed
// beside the kiosk and speaks Indonesian and English without a network.
package voice

import (
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"sync"
)

// ErrSilent says that this machine cannot speak: it lacks the program or a
// device to play sound on.
var ErrSilent = errors.New("no sound")

// Voice speaks one thing at a time. It is safe for concurrent use.
type Voice struct {
	program string
	mu      sync.Mutex
	speaks  *exec.Cmd
}

// Open finds the program and a device. It returns [ErrSilent] where one is
// missing.
func Open() (*Voice, error) {
	if err := audible(); err != nil {
		return nil, errors.Join(ErrSilent, err)
	}
	return open(program())
}

func open(program string) (*Voice, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, errors.Join(ErrSilent, err)
	}
	return &Voice{program: path}, nil
}

var voiceName = regexp.MustCompile(`^[a-z][a-z0-9+-]*$`)

// Say stops what is being said and begins to say text in a voice of
// espeak-ng, such as "id". It does not wait. The text goes in by a pipe, so
// that no list of processes shows it. What cannot be said is not said.
func (v *Voice) Say(voice, text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stop()
	if !voiceName.MatchString(voice) || strings.TrimSpace(text) == "" {
		return
	}
	// 140 words a minute: people listen in a noisy lobby.
	cmd := exec.Command(v.program, "-v", voice, "-s", "140", "--stdin")
	cmd.Stdin = strings.NewReader(text)
	unseen(cmd)
	if cmd.Start() != nil {
		return
	}
	v.speaks = cmd
	go func() {
		cmd.Wait() // killed when something else is to be said
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.speaks == cmd {
			v.speaks = nil
		}
	}()
}

// Stop ends what is being said at once.
func (v *Voice) Stop() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stop()
}

func (v *Voice) stop() {
	if v.speaks != nil {
		v.speaks.Process.Kill()
		v.speaks = nil
	}
}
