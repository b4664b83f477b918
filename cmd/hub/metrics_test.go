package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"loket/kiosk"
	"loket/kiosk/enrol"
	"loket/kiosk/seal"
	"loket/kiosk/track"
)

// serving is a hub as people run it, with its metrics.
type serving struct {
	t             *testing.T
	dir           string
	base, metrics string
}

// serve starts a hub and ends it with the test.
func serve(t *testing.T, dir string, more ...string) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var errs said
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, more...), nil, io.Discard, &errs)
	}()
	t.Cleanup(func() {
		stop()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("it ends with %d: %s", code, errs.String())
			}
		case <-time.After(30 * time.Second):
			t.Error("it does not end")
		}
	})
	o := &serving{t: t, dir: dir}
	for end := time.Now().Add(20 * time.Second); o.base == ""; time.Sleep(20 * time.Millisecond) {
		if _, after, ok := strings.Cut(errs.String(), "listening on "); ok && strings.Contains(after, "\n") {
			o.base, _, _ = strings.Cut(after, "\n")
		}
		if time.Now().After(end) {
			t.Fatal(errs.String())
		}
	}
	if _, after, ok := strings.Cut(errs.String(), "metrics on "); ok {
		o.metrics, _, _ = strings.Cut(after, "\n")
	}
	return o
}

// scrape reads the metrics as Prometheus does.
func (o *serving) scrape() (text string, families map[string]*dto.MetricFamily) {
	o.t.Helper()
	resp, err := http.Get(o.metrics)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		o.t.Fatal(resp.Status, err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	if families, err = parser.TextToMetricFamilies(bytes.NewReader(b)); err != nil {
		o.t.Fatal(err)
	}
	return string(b), families
}

// value is a metric with these labels, as name, value, name, value.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) (v float64, ok bool) {
	for _, m := range families[name].GetMetric() {
		have := map[string]string{}
		for _, l := range m.GetLabel() {
			have[l.GetName()] = l.GetValue()
		}
		fits := true
		for i := 0; i < len(labels); i += 2 {
			fits = fits && have[labels[i]] == labels[i+1]
		}
		if fits {
			return m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount()), true
		}
	}
	return 0, false
}

// What is done at a real hub is in its metrics, which are well formed, and nothing in
// them points to a report or a person.
func TestMetrics(t *testing.T) {
	dir := t.TempDir()
	began := time.Now().Add(-2 * time.Second)
	officer := func(in string, args ...string) {
		t.Helper()
		if code, _, errs := hubCommand(t, in, args...); code != 0 {
			t.Fatalf("%v: %d %s", args, code, errs)
		}
	}
	officer("a long password\n", "officer", "add", "--data", dir, "--name", "Siti Rahayu", "--password-stdin")
	officer("", "backup", "--data", dir, filepath.Join(t.TempDir(), "copy.db"))
	_, code, _ := hubCommand(t, "", "kiosk", "add", "--data", dir, "--office", "ntt")
	o := serve(t, dir, "--metrics", "127.0.0.1:0")
	e, first, err := enrol.Request(t.Context(), http.DefaultClient, o.base, code)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.NewSealer(e.Kiosk, "test", e.Key, e.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	n := kiosk.Number(track.Secret(e.Kiosk + "00001"))
	secret := first.Code(n)
	envelope, err := sealer.Seal(seal.NewID(), seal.Slot{Epoch: "0011223344556677", Seq: 1}, kiosk.Report{Number: n, Code: secret, Form: kiosk.FormRef{Name: "complaint", Version: 1},
		Language: kiosk.Indonesian, Identity: kiosk.Anonymous, Office: "ntt", At: kiosk.Moment{At: time.Now()}, Answers: kiosk.Answers{"title": "Loket tutup", "description": "Sejak pagi."}})
	if err != nil {
		t.Fatal(err)
	}
	send := func(signed bool, envelopes ...[]byte) {
		t.Helper()
		var b bytes.Buffer
		if err := seal.WriteBatch(&b, envelopes); err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest(http.MethodPost, o.base+"/api/v1/envelopes", bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Loket-Kiosk", e.Kiosk)
		if signed {
			req.Header.Set("Loket-Signature", base64.StdEncoding.EncodeToString(seal.SignRequest(e.Key, "POST", "/api/v1/envelopes", b.Bytes())))
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	post := func(path string, form url.Values) {
		t.Helper()
		resp, err := http.PostForm(o.base+path, form)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	send(true, envelope.Bytes)
	send(true, envelope.Bytes, []byte("rubbish"))
	send(false, envelope.Bytes)
	post("/t", url.Values{"number": {string(n)}, "code": {string(secret)}})
	for range 6 {
		post("/t", url.Values{"number": {string(n)}, "code": {"AAAAAAAAA"}})
	}
	post("/desk/login", url.Values{"name": {"Siti Rahayu"}, "password": {"wrong"}})
	if resp, err := http.Get(o.base + "/desk/case/" + string(n)); err == nil {
		resp.Body.Close()
	}
	if resp, err := http.Get(o.base + "/elsewhere/" + string(n)); err == nil {
		resp.Body.Close()
	}
	var families map[string]*dto.MetricFamily
	var text string
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		text, families = o.scrape()
		if _, ok := value(families, "loket_audit_chain_valid"); ok || time.Now().After(end) {
			break
		}
	}
	for _, x := range []struct {
		name   string
		want   float64
		labels []string
	}{
		{"loket_hub_build_info", 1, []string{"version", version}},
		{"loket_hub_ready", 1, nil},
		{"loket_envelopes_received_total", 1, []string{"result", "stored"}},
		{"loket_envelopes_received_total", 1, []string{"result", "duplicate"}},
		{"loket_envelopes_received_total", 1, []string{"result", "quarantined"}},
		{"loket_envelopes_received_total", 1, []string{"result", "rejected"}},
		{"loket_envelope_bytes", 2, nil},
		{"loket_kiosk_sequence_gaps", 0, []string{"kiosk", e.Kiosk}},
		{"loket_kiosk_forks_total", 0, nil},
		{"loket_hub_alarms", 1, []string{"kind", "quarantine"}},
		{"loket_hub_alarms", 0, []string{"kind", "fork"}},
		{"loket_backup_watermark_sequence", 0, nil},
		{"loket_tracking_lookups_total", 1, []string{"result", "found"}},
		{"loket_tracking_ratelimited_total", 1, nil},
		{"loket_login_failures_total", 1, nil},
		{"loket_cases_overdue", 0, []string{"kind", "complaint"}},
		{"loket_audit_chain_valid", 1, nil},
		{"loket_http_request_duration_seconds", 2, []string{"route", "POST /api/v1/envelopes", "code", "200"}},
		{"loket_http_request_duration_seconds", 1, []string{"route", "POST /api/v1/envelopes", "code", "401"}},
		{"loket_http_request_duration_seconds", 1, []string{"route", "GET /desk/case/{number}", "code", "303"}},
		{"loket_http_request_duration_seconds", 1, []string{"route", "/", "code", "404"}},
	} {
		if got, ok := value(families, x.name, x.labels...); !ok || got != x.want {
			t.Errorf("%s%v is %v (%v), want %v", x.name, x.labels, got, ok, x.want)
		}
	}
	for _, x := range []struct{ name, label, value string }{
		{"loket_kiosk_last_contact_timestamp_seconds", "kiosk", e.Kiosk}, {"loket_backup_last_success_timestamp_seconds", "", ""}, {"loket_audit_chain_verified_timestamp_seconds", "", ""},
	} {
		var labels []string
		if x.label != "" {
			labels = []string{x.label, x.value}
		}
		if got, ok := value(families, x.name, labels...); !ok || got < float64(began.Unix()) || got > float64(time.Now().Unix()+1) {
			t.Errorf("%s is %v", x.name, got)
		}
	}
	if free, ok := value(families, "loket_hub_disk_free_bytes"); !ok || free <= 0 {
		t.Error(free)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	for _, secret := range []string{string(n), string(secret), "Siti", "Rahayu", "Loket tutup", fmt.Sprintf("%x", envelope.SHA256)} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
	known := map[string]bool{"result": true, "kiosk": true, "kind": true, "route": true, "code": true, "version": true, "goversion": true}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if strings.HasPrefix(name, "loket_") && !known[l.GetName()] {
					t.Errorf("%s has a label %s", name, l.GetName())
				}
				if _, err := track.ParseNumber(l.GetValue()); err == nil {
					t.Errorf("%s: the label %s holds a number: %s", name, l.GetName(), l.GetValue())
				}
				if _, err := track.ParseCode(l.GetValue()); err == nil {
					t.Errorf("%s: the label %s holds a code: %s", name, l.GetName(), l.GetValue())
				}
			}
		}
	}
	if resp, err := http.Get(o.base + "/metrics"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error("visitors find the metrics: ", err)
	} else {
		resp.Body.Close()
	}
}

// Without the flag there is no second listener, and an address that is taken ends the
// program with a word on it.
func TestMetricsAreOffByDefault(t *testing.T) {
	if o := serve(t, t.TempDir()); o.metrics != "" {
		t.Error(o.metrics)
	}
	taken := serve(t, t.TempDir(), "--metrics", "127.0.0.1:0")
	address := strings.TrimSuffix(strings.TrimPrefix(taken.metrics, "http://"), "/metrics")
	if code, _, errs := hubCommand(t, "", "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--metrics", address); code != exitFailed || !strings.Contains(errs, "metrics: listen") {
		t.Errorf("%d %s", code, errs)
	}
}
