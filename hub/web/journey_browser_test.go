package web_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"loket/hub"
	"loket/hub/demo"
	"loket/kiosk"
	"loket/kiosk/receipt"
)

// pages names the folder for pictures of the pages; none are taken without.
var pages = flag.String("pages", "", "write pictures of the pages into this folder")

// picture takes one of the page, as if the glass were as high as it needs to be,
// within reason.
func (p *tab) picture(name string) {
	p.t.Helper()
	if *pages == "" {
		return
	}
	var size struct{ Width, Height int64 }
	p.eval(`document.fonts.ready.then(() => ({Width: innerWidth, Height: document.documentElement.scrollHeight}))`, &size)
	most := int64(2000)
	if size.Width < 600 {
		most = 3200
	}
	p.size(size.Width, min(size.Height, most))
	var png []byte
	p.do(chromedp.CaptureScreenshot(&png))
	p.size(size.Width, 900)
	if err := os.WriteFile(filepath.Join(*pages, name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// scan opens what the QR code of a receipt holds, as a phone does, and waits for
// the page that comes of it. Number and code must not stay in the address.
func (p *tab) scan(r receipt.Receipt) {
	p.t.Helper()
	_, fragment, found := strings.Cut(r.URL, "/T#")
	if want := string(r.Number) + "-" + string(r.Code); !found || fragment != want {
		p.t.Fatalf("the QR code holds %q, want …/T#%s", r.URL, want)
	}
	p.do(chromedp.Navigate("about:blank")) // a new address, not a place on this page
	p.open("/T#" + fragment)
	p.do(chromedp.WaitVisible("p.number", chromedp.ByQuery))
	var address string
	if p.eval(`location.href`, &address); strings.Contains(strings.ToUpper(address), string(r.Code)) {
		p.t.Errorf("the code stays in the address: %s", address)
	}
}

// counted opens how the term that is called so was counted, and returns its days
// as they stand there, each with its number or why it does not count.
func (p *tab) counted(term string) (days []string) {
	p.t.Helper()
	p.eval(fmt.Sprintf(`(() => {
		const clock = [...document.querySelectorAll(".clock")].find(c => c.querySelector("b").innerText === %q);
		if (!clock) return [];
		clock.querySelector("summary").click();
		return [...clock.querySelectorAll("tbody tr")].map(r => r.innerText.replace(/\s+/g, " ").trim());
	})()`, term), &days)
	if len(days) == 0 {
		p.t.Fatalf("no term is called %q:\n%s", term, p.text())
	}
	return days
}

// line is the only line of a register on the page, by its heads.
func (p *tab) line() map[string]string {
	p.t.Helper()
	var lines []map[string]string
	p.eval(`(() => {
		const text = e => e.innerText.replace(/\s+/g, " ").trim(), heads = [...document.querySelectorAll(".register th")].map(text);
		return [...document.querySelectorAll(".register tbody tr")].map(r => Object.fromEntries([...r.cells].map((c, i) => [heads[i], text(c)])));
	})()`, &lines)
	if len(lines) != 1 {
		p.t.Fatalf("%d lines in the register:\n%s", len(lines), p.text())
	}
	return lines[0]
}

// download follows a link to a file and returns where it lies.
func (p *tab) download(selector string) (file, name string) {
	p.t.Helper()
	dir := p.t.TempDir()
	done := make(chan string, 1)
	chromedp.ListenTarget(p.ctx, func(e any) {
		switch e := e.(type) {
		case *browser.EventDownloadWillBegin:
			name = e.SuggestedFilename
		case *browser.EventDownloadProgress:
			if e.State == browser.DownloadProgressStateCompleted {
				select {
				case done <- e.GUID:
				default:
				}
			}
		}
	})
	p.do(browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllowAndName).WithDownloadPath(dir).WithEventsEnabled(true),
		chromedp.Click(selector, chromedp.ByQuery))
	select {
	case guid := <-done:
		return filepath.Join(dir, guid), name
	case <-time.After(time.Minute):
		p.t.Fatalf("%s: nothing was downloaded", selector)
		return "", ""
	}
}

// A request for information, from the kiosk to the yearly report, as the people
// see it who have to do with it: papers are missing, it takes longer, it is
// granted in part; the applicant objects, and the superior grants more of it.
// Dates counted by hand from the law and the calendar of 2026.
func TestARequestFromKioskToAnnualReport(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of a real browser")
	}
	o := newOffice(t)
	const day = 24 * time.Hour
	for name, role := range map[string]hub.Role{"ppid": hub.PPID, "atasan": hub.Superior} {
		if err := o.hub.AddOfficer(t.Context(), name, "a long password", role, "ntt"); err != nil {
			t.Fatal(err)
		}
	}
	desk := o.chromium(1280, 900)
	phone, superior := desk.another(390, 844), desk.another(1280, 900)

	// Tuesday, 24 November: at the kiosk in Kupang.
	asked := o.visited("ntt", kiosk.Draft{Form: "information", Language: kiosk.Indonesian, Identity: kiosk.Named, Answers: applicant(nil)})
	if due := asked.Due.Format(time.DateOnly); due != "2026-12-08" {
		t.Errorf("the receipt says %s", due)
	}
	request := "/desk/case/" + string(asked.Number)

	// Wednesday: the PPID finds it, and a copy of the identity card is missing.
	o.sleep(day)
	desk.login("ppid")
	desk.sees(asked.Number.String(), "Anggaran pemeliharaan gedung 2025", "Baru")
	desk.press(fmt.Sprintf("a[href=%q]", request))
	desk.sees("Pemohon Satu", "5371010101900001", "Selasa, 8 Desember 2026", "Sisa 9 hari kerja")
	desk.fill("#decide", "Simpan", "status", "returned", "answer", "Mohon kirim nomor akta atau foto KTP yang terbaca. Fotonya terpotong.")
	desk.sees("Tersimpan.", "Perlu dilengkapi", "Menunggu pelapor")

	// Thursday: the visitor scans the receipt and completes the request.
	o.sleep(day)
	phone.scan(asked)
	phone.sees(asked.Number.String(), "Perlu dilengkapi", "Pesan petugas untuk Anda", "Fotonya terpotong.", "Menunggu pelapor; tidak dihitung")
	phone.picture("3-visitor-completes")
	phone.fill("form.say", "Kirim", "said", "Foto KTP yang terbaca sudah saya kirim.")
	phone.sees("Tersimpan. Terima kasih.", "Ditindaklanjuti", "Rabu, 9 Desember 2026")

	// The photograph itself, a minute later.
	ktp := filepath.Join(t.TempDir(), "KTP saya.jpg")
	if err := os.WriteFile(ktp, photo(t, 1600, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	phone.do(chromedp.SetUploadFiles("#attach-file", []string{ktp}, chromedp.ByQuery))
	phone.fill("#attach", "Kirim berkas", "said", "Foto KTP.")
	phone.sees("Berkas tersimpan. Terima kasih.", "Sudah 1 dari 5 berkas.", "Berkas dari pelapor")
	phone.picture("3-visitor-attaches")

	// Friday week: the data lie in three places.
	o.sleep(8 * day)
	desk.login("ppid")
	desk.open(request)
	desk.sees("Foto KTP yang terbaca sudah saya kirim.", "Rabu, 9 Desember 2026", "Sisa 3 hari kerja")
	desk.sees("Lampiran", "Gambar (JPEG)", "Foto KTP.")
	if file, name := desk.download(fmt.Sprintf("a[href=%q]", request+"/attachment/1")); !strings.HasSuffix(name, "-1.jpeg") || holds(t, file, "GPS") {
		t.Errorf("the photograph came as %s, or says where it was taken", name)
	}
	desk.picture("4-officer-decides")
	desk.fill("#decide", "Simpan", "extend_why", "Datanya ada di tiga kantor dan sedang dikumpulkan.")
	desk.sees("Tersimpan.", "Jumat, 18 Desember 2026", "Datanya ada di tiga kantor")
	phone.scan(asked)
	phone.sees("Datanya ada di tiga kantor", "Jumat, 18 Desember 2026")

	// Tuesday, 15 December: granted in part. A ground must be named.
	o.sleep(11 * day)
	desk.login("ppid")
	desk.open(request)
	answer := "Rincian anggaran pemeliharaan gedung tahun 2025 kami sampaikan.\nNama dan rekening pribadi penyedia kami hitamkan."
	desk.fill("#decide", "Simpan", "status", "answered", "outcome", "partial", "answer", answer)
	desk.sees("Pilih alasan")
	desk.fill("#decide", "Simpan", "reason", "17h")
	desk.sees("Tersimpan.", "Dijawab", "Diberikan sebagian: Mengungkap rahasia pribadi", "0001/PPID/NTT/2026")
	desk.fill(`form[action$="/register"]`, "Simpan", "form", "softcopy, hardcopy", "given", "2026-12-15", "cost", "12500", "payment", "Tunai")
	desk.sees("Rp12.500", "Pemberitahuan tertulis (PDF)")
	desk.picture("5-granted-in-part")

	// The visitor reads what came of it, and how the days were counted.
	phone.scan(asked)
	phone.sees("Dijawab", "Jawaban untuk Anda", "Diberikan sebagian: Mengungkap rahasia pribadi", answer, "Terpenuhi", "Batas mengajukan keberatan")
	days := strings.Join(phone.counted("Jawaban tertulis"), "\n")
	for _, want := range []string{"Selasa, 24 November 2026 – hari diterima", "Rabu, 25 November 2026 1", "Kamis, 26 November 2026 – menunggu pelapor", "Jumat, 27 November 2026 2", "Sabtu, 28 November 2026 – akhir pekan", "Rabu, 9 Desember 2026 10", "Jumat, 18 Desember 2026 17"} {
		if !strings.Contains(days, want) {
			t.Errorf("the days do not say %q:\n%s", want, days)
		}
	}
	phone.picture("6-visitor-reads")
	// 30 working days from Wednesday, the 16th: without Christmas, its cuti
	// bersama, New Year and Isra Mikraj.
	objectUntil := phone.counted("Batas mengajukan keberatan")
	if last := objectUntil[len(objectUntil)-1]; last != "Senin, 1 Februari 2027 30" {
		t.Errorf("to object until %q", last)
	}
	text := phone.text()
	for _, inside := range []string{"ppid", "5371010101900001", "Jalan Contoh"} {
		if strings.Contains(text, inside) {
			t.Errorf("the visitor's page shows %q", inside)
		}
	}

	// Thursday: the visitor objects, at the kiosk.
	o.sleep(2 * day)
	answers := kiosk.Answers{"request": string(asked.Number), "ground": "refused", "story": "Nama penyedia adalah informasi pengadaan, bukan rahasia pribadi."}
	for _, same := range []string{"applicant", "name", "nik", "address", "occupation", "phone"} {
		answers[same] = applicant(nil)[same]
	}
	objected := o.visited("ntt", kiosk.Draft{Form: "objection", Language: kiosk.Indonesian, Identity: kiosk.Named, Answers: answers})
	objection := "/desk/case/" + string(objected.Number)

	// The superior finds it, and on Tuesday grants more of it.
	o.sleep(5 * day)
	superior.login("atasan")
	superior.sees(objected.Number.String(), "Keberatan")
	superior.press(fmt.Sprintf("a[href=%q]", objection))
	superior.press(fmt.Sprintf("dd a[href=%q]", request)) // what it is about is a link away
	superior.sees(answer, "Anda dapat membaca laporan ini, tidak mengubahnya.")
	superior.open(objection)
	superior.sees("Permintaan ditolak", asked.Number.String(), "Nama penyedia adalah informasi pengadaan")
	superior.fill("#decide", "Simpan", "status", "answered", "outcome", "partly", "answer", "Nama badan usaha penyedia dibuka. Rekening pribadi tetap dihitamkan.")
	superior.sees("Tersimpan.", "Keberatan diterima sebagian", "0001/KEB-PPID/NTT/2026")
	superior.fill(`form[action$="/register"]`, "Simpan", "superior", "Kepala Satu", "position", "Kepala Kantor Wilayah", "response", "Menerima")
	superior.sees("Kepala Satu")
	superior.picture("7-superior-decides")
	phone.scan(objected)
	phone.sees("Dijawab", "Keberatan diterima sebagian", "Nama badan usaha penyedia dibuka.", "Batas mengajukan sengketa ke Komisi Informasi")

	// Both registers say it.
	desk.login("ppid")
	for kind, wants := range map[string]map[string]string{
		"information": {"Nomor register": "0001/PPID/NTT/2026", "Nomor pendaftaran": asked.Number.String(), "Tanggal": "Selasa, 24-11-2026", "Nama": "Pemohon Satu",
			"Informasi yang diminta": "Anggaran pemeliharaan gedung 2025", "Keputusan": "Diberikan sebagian", "Alasan penolakan": "Mengungkap rahasia pribadi (UU 14/2008 Pasal 17 huruf h)",
			"Hari dan tanggal a. pemberitahuan tertulis": "Selasa, 15-12-2026", "Hari dan tanggal b. pemberian informasi": "Selasa, 15-12-2026", "Perpanjangan (hari kerja)": "7", "Batas menurut undang-undang": "18-12-2026"},
		"objection": {"Nomor register": "0001/KEB-PPID/NTT/2026", "Nomor pendaftaran": objected.Number.String(), "Tanggal": "Kamis, 17-12-2026", "Nama": "Pemohon Satu",
			"Nomor pendaftaran permohonan": asked.Number.String(), "Informasi yang diminta": "Anggaran pemeliharaan gedung 2025", "Alasan keberatan": "Permintaan ditolak", "Keputusan atasan PPID": "Keberatan diterima sebagian",
			"Hari dan tanggal tanggapan": "Selasa, 22-12-2026", "Hari kerja": "3", "Nama atasan PPID": "Kepala Satu", "Tanggapan pemohon": "Menerima"},
	} {
		desk.open("/desk/register?year=2026&kind=" + kind)
		line := desk.line()
		for head, want := range wants {
			if line[head] != want {
				t.Errorf("%s, %s: %q, want %q", kind, head, line[head], want)
			}
		}
	}

	// And the yearly report adds them up, on the page and on paper.
	desk.open("/desk/report?year=2026")
	sums := []string{"menerima 1 permohonan informasi publik", "diberikan sebagian 1 permohonan", "Dari 1 jawaban, 1 tepat waktu (100,0 persen).", "Waktu menjawab 1 permohonan diperpanjang", "Atasan PPID menerima 1 keberatan dan sudah menanggapi 1."}
	desk.sees(sums...)
	desk.picture("8-yearly-report")
	file, name := desk.download(`a[href^="/desk/report.pdf"]`)
	if !strings.HasSuffix(name, ".pdf") {
		t.Errorf("it is saved as %q", name)
	}
	if pdftotext, err := exec.LookPath("pdftotext"); err == nil {
		out, err := exec.Command(pdftotext, "-layout", file, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range sums {
			if !strings.Contains(squeezed(string(out)), want) {
				t.Errorf("the report on paper does not say %q:\n%s", want, out)
			}
		}
	} else if b, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(b), "%PDF-") {
		t.Errorf("no PDF: %.20q, %v", b, err)
	}
	for who, p := range map[string]*tab{"the PPID": desk, "the visitor": phone, "the superior": superior} {
		p.quiet(who)
	}
}

// Pictures of the desk after a year of the demo.
func TestPicturesOfAYear(t *testing.T) {
	if *pages == "" {
		t.Skip("only with -pages")
	}
	o := demoOffice(t, 1200)
	p := o.chromium(1280, 900)
	p.login(demo.Administrator)
	p.picture("1-inbox")
	p.press(`#list td.code a`)
	p.sees("Perjalanan laporan")
	p.picture("2-case")
	for name, path := range map[string]string{"9-registers": "/desk/register?year=2026&kind=information", "10-what-to-improve": "/desk/insight",
		"11-survey": "/desk/survey?from=2026-01-01&to=2026-12-31", "12-lapor": "/desk/lapor"} {
		p.open(path)
		p.picture(name)
	}
	p.size(390, 900)
	p.open("/desk")
	p.picture("13-inbox-on-a-phone")
	p.quiet("pictures")
}
