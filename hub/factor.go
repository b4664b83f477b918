package hub

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"loket/kiosk/track"
)

// The second factor is a time-based one-time password, RFC 6238, as authenticator
// apps make it: SHA-1, 6 digits, steps of 30 seconds; one step either way is taken
// for a clock that is not right, and no step twice.
const (
	otpStep       = 30 * time.Second
	otpSecret     = 20 // bytes, RFC 4226 section 4
	recoveryCodes = 10
	recoverySigns = 12 // 55 bits and a check symbol
)

// Factor says how an officer's second factor stands.
type Factor struct {
	On       bool
	Since    time.Time
	Recovery int // codes left
}

// Factor returns how an officer's second factor stands.
func (h *Hub) Factor(ctx context.Context, o Officer) (Factor, error) {
	left, err := h.Store.RecoveryLeft(ctx, o.Name)
	return Factor{On: !o.OTPSince.IsZero(), Since: o.OTPSince, Recovery: left}, err
}

// BeginFactor draws a secret for an officer's app. It counts once [Hub.ConfirmFactor]
// has seen a code of it. It returns the address that an app reads from a QR code, and
// the secret to type. It returns [ErrExists] where a second factor is on.
func (h *Hub) BeginFactor(ctx context.Context, o Officer) (address, secret string, err error) {
	if !o.OTPSince.IsZero() {
		return "", "", ErrExists
	}
	b := make([]byte, otpSecret)
	rand.Read(b)
	if err := h.Store.SetOTP(ctx, o.Name, h.Keys.conceal(o.Name, b), time.Time{}, 0, nil); err != nil {
		return "", "", err
	}
	return h.factorAddress(o.Name, b), spell(b), nil
}

// PendingFactor is the address and secret of a second factor that was begun and not
// confirmed; empty for none.
func (h *Hub) PendingFactor(o Officer) (address, secret string, err error) {
	if len(o.OTP) == 0 || !o.OTPSince.IsZero() {
		return "", "", nil
	}
	b, err := h.Keys.reveal(o.Name, o.OTP)
	if err != nil {
		return "", "", err
	}
	return h.factorAddress(o.Name, b), spell(b), nil
}

func (h *Hub) factorAddress(officer string, secret []byte) string {
	label := url.PathEscape("Loket:" + officer)
	return "otpauth://totp/" + label + "?" + url.Values{"secret": {spell(secret)}, "issuer": {"Loket"}}.Encode()
}

func spell(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// ConfirmFactor turns the second factor on, and returns the codes for who loses the
// telephone, which are shown this once. It returns [ErrLogin] for a wrong code.
func (h *Hub) ConfirmFactor(ctx context.Context, o Officer, code string) (recovery []string, err error) {
	if len(o.OTP) == 0 || !o.OTPSince.IsZero() {
		return nil, ErrNotFound
	}
	step, err := h.factorStep(o, code)
	if err != nil {
		return nil, err
	}
	var macs [][]byte
	for range recoveryCodes {
		b := make([]byte, recoverySigns-1)
		rand.Read(b)
		for i := range b {
			b[i] = track.Alphabet[b[i]&31]
		}
		plain := track.Secret(string(b))
		recovery = append(recovery, plain[:4]+"-"+plain[4:8]+"-"+plain[8:])
		macs = append(macs, h.Keys.mac("loket/recovery/v1", o.Name, plain))
	}
	return recovery, h.Store.SetOTP(ctx, o.Name, o.OTP, h.Now(), step, macs)
}

// EndFactor turns the second factor off for who knows password and code; it returns
// [ErrLogin] otherwise.
func (h *Hub) EndFactor(ctx context.Context, o Officer, password, code string) error {
	if err := h.confirm(ctx, o, password); err != nil {
		return err
	}
	if err := h.second(ctx, o, code); err != nil {
		return err
	}
	return h.ResetFactor(ctx, o.Name)
}

// ResetFactor turns an officer's second factor off: an administrator does so for one
// who lost telephone and codes. It returns [ErrNotFound] for nobody.
func (h *Hub) ResetFactor(ctx context.Context, officer string) error {
	return h.Store.SetOTP(ctx, officer, nil, time.Time{}, 0, nil)
}

// second checks the second factor of an officer who has one: a code of the app, or
// one of those for who lost it. It returns [ErrLogin].
func (h *Hub) second(ctx context.Context, o Officer, code string) error {
	if o.OTPSince.IsZero() {
		return nil
	}
	code = strings.NewReplacer(" ", "", "-", "").Replace(code)
	if len(code) == recoverySigns {
		plain, err := track.ParseSecret(code, recoverySigns)
		if err != nil {
			return ErrLogin
		}
		err = h.Store.UseRecovery(ctx, o.Name, h.Keys.mac("loket/recovery/v1", o.Name, plain))
		if errors.Is(err, ErrNotFound) {
			return ErrLogin
		}
		return err
	}
	step, err := h.factorStep(o, code)
	if err != nil {
		return err
	}
	err = h.Store.UseStep(ctx, o.Name, step)
	if errors.Is(err, ErrNotFound) { // used before, or an older one
		return ErrLogin
	}
	return err
}

// factorStep is the step whose code this is; [ErrLogin] for none near now.
func (h *Hub) factorStep(o Officer, code string) (int64, error) {
	secret, err := h.Keys.reveal(o.Name, o.OTP)
	if err != nil {
		return 0, err
	}
	now := h.Now()
	for _, off := range []time.Duration{0, -otpStep, otpStep} {
		want, err := totp.GenerateCodeCustom(spell(secret), now.Add(off), totp.ValidateOpts{Period: uint(otpStep / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return now.Add(off).Unix() / int64(otpStep/time.Second), nil
		}
	}
	return 0, ErrLogin
}

// conceal encrypts a secret of an officer for the database, bound to their name.
func (k *Keys) conceal(officer string, secret []byte) []byte {
	box := k.box()
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce)
	return box.Seal(nonce, nonce, secret, []byte(officer))
}

// reveal is the inverse of conceal.
func (k *Keys) reveal(officer string, b []byte) ([]byte, error) {
	box := k.box()
	if len(b) < box.NonceSize() {
		return nil, errors.New("a second factor is damaged")
	}
	secret, err := box.Open(nil, b[:box.NonceSize()], b[box.NonceSize():], []byte(officer))
	if err != nil {
		return nil, fmt.Errorf("a second factor cannot be read with the keys of this hub: %w", err)
	}
	return secret, nil
}

func (k *Keys) box() cipher.AEAD {
	block, err := aes.NewCipher(k.mac("loket/otp/v1"))
	if err != nil {
		panic(err) // 32 bytes
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return box
}
