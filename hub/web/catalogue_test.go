package web_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"loket/assets"
	"loket/hub"
	"loket/kiosk/seal"
)

// A form is changed on the desk: looked at first, refused while it is wrong or somebody
// else was faster, and signed for the kiosks once it is published. What was filed before
// is read with the questions it was given to.
func TestTheCatalogueOnTheDesk(t *testing.T) {
	if testing.Short() {
		t.Skip("page by page")
	}
	o := newOffice(t)
	number := o.files("ntt").Number
	x := o.sit("ayu", hub.Administrator, "")
	if body := x.get("/desk/catalogue"); !strings.Contains(body, "forms/complaint.toml") || !strings.Contains(body, "Belum ada perubahan") {
		t.Fatal(body)
	}
	b, err := fs.ReadFile(assets.Files, "forms/complaint.toml")
	if err != nil {
		t.Fatal(err)
	}
	was := string(b)
	version := o.hub.Catalogue.Form("complaint").Version
	now := strings.Replace(strings.Replace(was, "\nversion = ", "\nversion = 9", 1), `label = { id = "Judul"`, `label = { id = "Pokok aduan"`, 1)
	if now == was {
		t.Fatal("the form has no such label")
	}
	edit := "/desk/catalogue/edit"
	if body := x.get(edit + "?file=forms/complaint.toml"); !strings.Contains(body, "Halaman di kios") || !strings.Contains(body, o.hub.Catalogue.Form("complaint").Fields[0].Question["id"]) {
		t.Error("no preview: ", body)
	}
	for name, step := range map[string]struct {
		status int
		pairs  []string
		says   string
	}{
		"not raised": {http.StatusUnprocessableEntity, []string{"act", "check", "text", strings.Replace(now, "\nversion = 9", "\nversion = ", 1), "seen", "0"}, "raise its version"},
		"broken":     {http.StatusUnprocessableEntity, []string{"act", "publish", "text", "name = <script>", "note", "x", "seen", "0"}, "belum dapat dipakai"},
		"looked at":  {http.StatusOK, []string{"act", "check", "text", now, "seen", "0"}, "Belum diterbitkan"},
		"no note":    {http.StatusUnprocessableEntity, []string{"act", "publish", "text", now, "note", " ", "seen", "0"}, "Tulis dulu"},
		"too late":   {http.StatusConflict, []string{"act", "publish", "text", now, "note", "label", "seen", "77"}, "lebih dulu"},
	} {
		status, body := x.post(edit, append(step.pairs, "file", "forms/complaint.toml")...)
		if status != step.status || !strings.Contains(body, step.says) || strings.Contains(body, "<script>") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if resp, err := http.Get(o.server.URL + "/api/v1/catalogue"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error("something is published: ", resp.StatusCode, err)
	}
	if status, body := x.post(edit, "act", "publish", "text", strings.ReplaceAll(now, "\n", "\r\n"), "note", "label baru", "seen", "0", "file", "forms/complaint.toml"); status != http.StatusOK || !strings.Contains(body, "Diterbitkan") {
		t.Fatal(status, body)
	}
	o.stop()
	o.open(true) // as serve does by itself
	resp, err := http.Get(o.server.URL + "/api/v1/catalogue")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var signed seal.Signed
	if err := json.NewDecoder(resp.Body).Decode(&signed); err != nil {
		t.Fatal(err)
	}
	c, err := seal.OpenCatalogue(o.bundle.AckKey, o.bundle.Hub, signed)
	if err != nil || c.Files["forms/complaint.toml"] != now || c.Version != o.now().Unix() {
		t.Fatalf("%d %v", c.Version, err)
	}
	if got := o.hub.Catalogue.Form("complaint"); got.Version == version {
		t.Fatal("the hub itself asks as before")
	}
	if f := o.hub.Catalogue.At(o.current(number).Form); f.Version != version {
		t.Fatalf("a report of version %d is read with version %d", version, f.Version)
	}
	body := x.get("/desk/case/" + string(number))
	if !strings.Contains(body, ">Judul<") || strings.Contains(body, "Pokok aduan") {
		t.Error("an earlier report is shown with later questions: ", body)
	}
	if body := x.get("/desk/catalogue"); !strings.Contains(body, "label baru") || !strings.Contains(body, "Diubah di sini") {
		t.Error(body)
	}
	if body := x.get(edit + "?file=forms/complaint.toml&version=0"); !strings.Contains(body, "bawaan program") {
		t.Error(body)
	}
	// An office with cases cannot be taken away.
	offices, err := fs.ReadFile(assets.Files, "offices.toml")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := x.post(edit, "act", "check", "text", strings.Replace(string(offices), `id = "ntt"`, `id = "nusa"`, 1), "file", "offices.toml"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "cannot be taken away") {
		t.Error(status, body)
	}
	if y := o.sit("daerah", hub.Administrator, "ntt"); !strings.Contains(y.get("/desk/catalogue"), "bukan untuk peran") {
		t.Error("an office's administrator changes what all offices use")
	}
}
