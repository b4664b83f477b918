package published_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"loket/assets"
	"loket/kiosk/published"
)

func vocabulary(t testing.TB) *published.Vocabulary {
	t.Helper()
	v, err := published.Load(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTablesOfOfficesAreRead(t *testing.T) {
	v := vocabulary(t)
	for name, c := range map[string]struct {
		table  string
		want   []published.Item
		faults []published.Fault
	}{
		"as Loket writes it": {"ID,Judul informasi,Kategori,Tahun,Bentuk informasi,Tempat memperoleh\nlk-25,Laporan kinerja,Berkala,2025,\"Softcopy, hardcopy\",https://ppid.example.go.id/lk\n",
			[]published.Item{{ID: "lk-25", Title: "Laporan kinerja", Category: "berkala", Year: 2025, Format: []string{"softcopy", "hardcopy"}, Where: "https://ppid.example.go.id/lk"}}, nil},
		"semicolons, another order, another case, a BOM": {"\ufeffKATEGORI;kode;PENANGGUNGJAWAB;nama informasi\nSERTA-MERTA;a;Kepala Biro;Gangguan layanan\n",
			[]published.Item{{ID: "a", Title: "Gangguan layanan", Category: "serta_merta", Responsible: "Kepala Biro"}}, nil},
		"as the law's annex has it": {"DAFTAR INFORMASI PUBLIK;;;;;;;\nTAHUN 2025;;;;;;;\n\n" +
			"No.;Ringkasan Isi Informasi;Pejabat/Unit/Satker yang Menguasai Informasi;Penanggungjawab Pembuatan atau Penerbitan Informasi;Waktu dan Tempat Pembuatan Informasi;Bentuk Informasi yang Tersedia;;Jangka Waktu Penyimpanan atau Retensi Arsip\n" +
			";;;;;Cetak;Rekam;\n(1);(2);(3);(4);(5);(6);(7);(8)\nA.;INFORMASI YANG WAJIB DISEDIAKAN DAN DIUMUMKAN SECARA BERKALA;;;;;;\n1;Profil kantor;Bagian Umum;Kepala Bagian;Maret 2024, Kupang;√;√;5 tahun\n" +
			"B.;Informasi yang wajib tersedia setiap saat;;;;;;\n1;Daftar aset;Bagian Umum;;2025;v;;10 tahun\n",
			[]published.Item{
				{Title: "Profil kantor", Category: "berkala", Unit: "Bagian Umum", Responsible: "Kepala Bagian", Made: "Maret 2024, Kupang", Format: []string{"softcopy", "hardcopy"}, Retention: "5 tahun"},
				{Title: "Daftar aset", Category: "setiap_saat", Unit: "Bagian Umum", Made: "2025", Format: []string{"hardcopy"}, Retention: "10 tahun"}}, nil},
		"cells with line breaks, dashes, dates": {"Judul,Ringkasan,Kategori,Link,Diperbarui,Bentuk\n\"Laporan\r\nkeuangan\",-,setiap saat,www.example.go.id/k,5 Maret 2025,PDF\nNeraca,–,Berkala,Meja PPID,31/12/2024,buku\n",
			[]published.Item{{Title: "Laporan keuangan", Category: "setiap_saat", Where: "https://www.example.go.id/k", Updated: "2025-03-05", Format: []string{"softcopy"}},
				{Title: "Neraca", Category: "berkala", Where: "Meja PPID", Updated: "2024-12-31", Format: []string{"hardcopy"}}}, nil},
		"without ids, one title of two years, one line twice": {"Judul;Kategori;Unit;Tahun\nLaporan keuangan;Berkala;Umum;2024\nLaporan keuangan;Berkala;Umum;2025\nNeraca;Berkala;Umum;2025\nlaporan  keuangan;Berkala;Umum;2025\n",
			[]published.Item{{Title: "Laporan keuangan", Category: "berkala", Unit: "Umum", Year: 2024}, {Title: "Laporan keuangan", Category: "berkala", Unit: "Umum", Year: 2025}, {Title: "Neraca", Category: "berkala", Unit: "Umum", Year: 2025}},
			[]published.Fault{{5, "twice", "", "3"}}},
		"faults, each with its line": {"ID,Judul,Kategori,Tahun,Link,Bentuk,Diperbarui\n" +
			"a,Baik,berkala,2025,,,\nb,,berkala,,,,\nc,Tanpa kategori,,,,,\nd,Aneh,bulanan,,,,\ne,Rahasia,Dikecualikan,,,,\nf,=HYPERLINK(1),berkala,,,,\ng,Nul\x00,berkala,,,,\n" +
			"h," + strings.Repeat("x", 301) + ",berkala,,,,\ni,Tautan,berkala,,javascript:alert(1),,\nj,Bentuk,berkala,,,gulungan,\nk,Tahun,berkala,kemarin,,,\nl,Tanggal,berkala,,,,besok\n../m,Kode,berkala,,,,\na,Dua kali,berkala,,,,\nn,\"petik\"x,berkala,,,,\no,Baik juga,berkala,,,,\n",
			[]published.Item{{ID: "a", Title: "Baik", Category: "berkala", Year: 2025}, {ID: "o", Title: "Baik juga", Category: "berkala"}},
			[]published.Fault{{3, "title", "title", ""}, {4, "category", "category", ""}, {5, "category", "category", "bulanan"}, {6, "excluded", "category", "Dikecualikan"}, {7, "formula", "title", "=HYPERLINK(1)"},
				{8, "control", "title", "Nul"}, {9, "long", "title", strings.Repeat("x", 40) + "…"}, {10, "where", "where", "javascript:alert(1)"}, {11, "format", "format", "gulungan"},
				{12, "year", "year", "kemarin"}, {13, "updated", "updated", "besok"}, {14, "id", "id", "../m"}, {15, "twice", "", "2"}, {16, "quote", "", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			items, faults, err := v.Read(strings.NewReader(c.table))
			if err != nil {
				t.Fatal(err)
			}
			for i := range items {
				if len(c.want) > i && c.want[i].ID == "" {
					if len(items[i].ID) != 8 {
						t.Errorf("id %q", items[i].ID)
					}
					items[i].ID = ""
				}
			}
			if !reflect.DeepEqual(items, c.want) {
				t.Errorf("got  %+v\nwant %+v", items, c.want)
			}
			if !slices.Equal(faults, c.faults) {
				t.Errorf("got  %+v\nwant %+v", faults, c.faults)
			}
			for _, f := range faults {
				if !slices.Contains(published.Problems, f.Problem) {
					t.Error(f)
				}
			}
		})
	}
}

type endless struct{ line string }

func (e endless) Read(b []byte) (int, error) { return copy(b, e.line), nil }

func TestTablesThatAreNone(t *testing.T) {
	v := vocabulary(t)
	head := "Judul,Kategori,Tahun\n"
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(head, ",", "\t") + "Pr\u00f3fil\tberkala\t2025\n")
	if err != nil {
		t.Fatal(err)
	}
	if items, faults, err := v.Read(strings.NewReader(utf16)); err != nil || len(items) != 1 || len(faults) != 0 || items[0].Title != "Prófil" {
		t.Errorf("a spreadsheet's Unicode text: %v %v %v", items, faults, err)
	}
	for name, c := range map[string]struct {
		table io.Reader
		want  error
	}{
		"empty":            {strings.NewReader(""), published.ErrTable},
		"no columns":       {strings.NewReader("<html><body>login</body></html>"), published.ErrTable},
		"too few columns":  {strings.NewReader("Judul\nProfil\n"), published.ErrTable},
		"columns alone":    {strings.NewReader(head), published.ErrEmpty},
		"blank lines":      {strings.NewReader(head + strings.Repeat(",,\n", 100)), published.ErrEmpty},
		"an executable":    {strings.NewReader("\x7fELF\x02\x01\x01\x00\xff\xfe" + head), published.ErrEncoding},
		"Latin-1":          {strings.NewReader(head + "Profil \xe9\xe8,berkala,2025\n"), published.ErrEncoding},
		"50 MB":            {io.LimitReader(endless{"x"}, 50<<20), published.ErrLarge},
		"endless":          {endless{head}, published.ErrLarge},
		"too many lines":   {strings.NewReader(head + strings.Repeat("a,berkala,2025\n", published.MaxItems+1)), published.ErrLarge},
		"a reader at odds": {io.MultiReader(strings.NewReader(head), broken{}), errBroken},
	} {
		if items, _, err := v.Read(c.table); !errors.Is(err, c.want) || items != nil {
			t.Errorf("%s: %d items, %v, want %v", name, len(items), err, c.want)
		}
	}
	// A quotation mark that is never closed swallows the rest, and that is said.
	items, faults, err := v.Read(strings.NewReader(head + "a,berkala,2025\n\"b,berkala,2025\nc,berkala,2025\n"))
	if err != nil || len(items) != 1 || len(faults) != 1 || faults[0].Line != 3 || faults[0].Problem != "quote" {
		t.Errorf("%v %v %v", items, faults, err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	v := vocabulary(t)
	list, err := v.Example(assets.Files)
	if err != nil || len(list.Items) < 20 || !list.Example {
		t.Fatal(list, err)
	}
	list.Items[0].Title = "-5 % biaya"
	var b bytes.Buffer
	table := v.Table(list.Items)
	table[1][1] = "'" + table[1][1] // as it is written for spreadsheets
	if err := csv.NewWriter(&b).WriteAll(table); err != nil {
		t.Fatal(err)
	}
	again, faults, err := v.Read(&b)
	if err != nil || len(faults) > 0 || !reflect.DeepEqual(again, list.Items) {
		t.Error(faults, err, published.Compare(list.Items, again))
	}
}

func TestCompare(t *testing.T) {
	old := []published.Item{{ID: "a", Title: "A"}, {ID: "b", Title: "B", Year: 2024}, {ID: "c", Title: "C"}}
	d := published.Compare(old, []published.Item{{ID: "c", Title: "C"}, {ID: "b", Title: "B", Year: 2025, Where: "Meja"}, {ID: "d", Title: "D"}})
	if len(d.Added) != 1 || d.Added[0].ID != "d" || len(d.Removed) != 1 || d.Removed[0].ID != "a" || d.Same != 1 || len(d.Changed) != 1 || !slices.Equal(d.Changed[0].Columns, []string{"year", "where"}) {
		t.Errorf("%+v", d)
	}
}

func TestAddress(t *testing.T) {
	for where, want := range map[string]string{
		"https://www.example.go.id/":    "example.go.id",
		"https://ppid.example.go.id/lk": "ppid.example.go.id/lk",
		"https://ppid.example.go.id/wp-content/uploads/2026/01/LKJIP_final_rev3.pdf": "ppid.example.go.id",
		"Meja PPID": "Meja PPID",
	} {
		i := published.Item{Where: where}
		if got := i.Address(); got != want || (i.URL() == "") != (where == "Meja PPID") {
			t.Errorf("%s: %q, want %q", where, got, want)
		}
	}
}

// What people typed, judged by hand: what must come first, or among the first
// three; none where nothing fits.
var judged = []struct{ asked, first, among string }{
	{"laporan kinerja 2025", "Laporan kinerja (LKjIP) 2025", ""},
	{"laporan kinerja 2024", "Laporan kinerja (LKjIP) 2024", ""},
	{"kinerja kantor", "", "Laporan kinerja (LKjIP) 2025"},
	{"LAKIP", "", "Laporan kinerja (LKjIP) 2025"},
	{"pelaporan kinerja", "", "Laporan kinerja (LKjIP) 2025"},
	{"lapoarn kinreja", "", "Laporan kinerja (LKjIP) 2025"}, // typing errors
	{"anggaran", "", "Rencana kerja dan anggaran 2026"},
	{"penganggaran 2026", "Rencana kerja dan anggaran 2026", ""},
	{"dana", "", "Rencana kerja dan anggaran 2026"},
	{"budget 2026", "Rencana kerja dan anggaran 2026", ""},
	{"pengadaan", "Rencana umum pengadaan barang dan jasa 2026", ""},
	{"lelang", "Rencana umum pengadaan barang dan jasa 2026", ""},
	{"pengadan barang", "Rencana umum pengadaan barang dan jasa 2026", ""},
	{"procurement", "Rencana umum pengadaan barang dan jasa 2026", ""},
	{"daftar notaris", "Daftar notaris di provinsi ini", ""},
	{"kenotariatan notaris aktif", "Daftar notaris di provinsi ini", ""},
	{"notary", "Daftar notaris di provinsi ini", ""},
	{"harta pejabat", "Laporan harta kekayaan pejabat (LHKPN)", ""},
	{"kekayaan", "Laporan harta kekayaan pejabat (LHKPN)", ""},
	{"lhkpn", "Laporan harta kekayaan pejabat (LHKPN)", ""},
	{"biaya daftar merek", "", "Tarif layanan (PNBP)"},
	{"berapa biaya", "", "Tarif layanan (PNBP)"},
	{"pendaftaran merek", "Jumlah pendaftaran merek per bulan", ""},
	{"mendaftarkan merek", "Jumlah pendaftaran merek per bulan", ""},
	{"trademark", "Jumlah pendaftaran merek per bulan", ""},
	{"survei kepuasan", "Hasil survei kepuasan masyarakat 2025", ""},
	{"survey kepuasn masyarakt", "Hasil survei kepuasan masyarakat 2025", ""},
	{"hasil skm", "Hasil survei kepuasan masyarakat 2025", ""},
	{"bantuan hukum gratis", "Daftar organisasi bantuan hukum terakreditasi", ""},
	{"standar pelayanan", "Standar pelayanan dan maklumat pelayanan", ""},
	{"syarat layanan", "", "Standar pelayanan dan maklumat pelayanan"},
	{"alamat kantor", "", "Profil kantor wilayah"},
	{"struktur organisasi", "Profil kantor wilayah", ""},
	{"gempa", "Jalur evakuasi dan keadaan darurat", ""},
	{"lowongan kerja", "", "Pengumuman penerimaan calon pegawai (CPNS)"},
	{"cpns", "Pengumuman penerimaan calon pegawai (CPNS)", ""},
	{"peraturan daerah", "Peraturan daerah yang telah diharmonisasi", ""},
	{"undang undang", "", "Daftar peraturan perundang-undangan (JDIH)"},
	{"keuangan 2025", "Laporan keuangan 2025 (telah diperiksa)", ""},
	{"statistik pengaduan", "Statistik pengaduan 2024–2025", ""},
	{"complaint statistics", "Statistik pengaduan 2024–2025", ""},
	{"kontrak kerjasama", "", "Perjanjian kerja sama dengan pihak lain"},
	{"renstra", "Rencana strategis 2025–2029", ""},
	{"cara mengajukan keberatan", "Tata cara permohonan informasi dan keberatan", ""},
	{"peng", "", "Rencana umum pengadaan barang dan jasa 2026"}, // still being typed
	{"paspor anak", "", ""},
	{"resep soto ayam", "", ""},
	{"xqzw", "", ""},
	{"hilang dompet di parkiran", "", ""},
}

func TestSearchFindsWhatPeopleMean(t *testing.T) {
	v := vocabulary(t)
	list, err := v.Example(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	x := published.NewIndex(v, list)
	wrong := 0
	for _, j := range judged {
		got, all := x.Search(j.asked, published.Filter{}, 3)
		var titles []string
		for _, i := range got {
			titles = append(titles, i.Title)
		}
		right := j.first != "" && len(titles) > 0 && titles[0] == j.first || j.among != "" && slices.Contains(titles, j.among) || j.first+j.among == "" && all == 0
		if !right {
			wrong++
			t.Logf("%q: %q", j.asked, titles)
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d are not found as a person would", wrong, len(judged))
	}
}

func TestFiltersAndNothingAsked(t *testing.T) {
	v := vocabulary(t)
	list, err := v.Example(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	x := published.NewIndex(v, list)
	if got, all := x.Search(" yang di ", published.Filter{}, 5); len(got) != 5 || all != len(list.Items) || got[0].ID != list.Items[0].ID {
		t.Error(len(got), all)
	}
	got, all := x.Search("laporan", published.Filter{Category: "berkala", Unit: "PPID"}, 5)
	if all != 1 || got[0].Title != "Laporan layanan informasi publik 2025" {
		t.Error(got)
	}
	if got, _ := x.Search("laporan", published.Filter{Category: "tidak ada"}, 5); len(got) != 0 {
		t.Error(got)
	}
	if i, ok := x.Item(got[0].ID); !ok || i.Title != got[0].Title {
		t.Error(i, ok)
	}
	if _, ok := x.Item("tidak ada"); ok {
		t.Error("an item that is not there")
	}
	empty := published.NewIndex(v, &published.List{})
	if got, all := empty.Search("laporan", published.Filter{}, 5); len(got)+all != 0 || len(empty.Like("laporan kinerja", 5)) != 0 {
		t.Error(got, all)
	}
}

// The questions are those that the form itself gives as examples.
func TestARequestIsLikeWhatIsPublished(t *testing.T) {
	v := vocabulary(t)
	list, err := v.Example(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	x := published.NewIndex(v, list)
	for asked, want := range map[string]string{
		"Laporan kinerja kantor wilayah tahun lalu.":                                       "Laporan kinerja (LKjIP) 2025",
		"Jumlah pendaftaran merek per bulan.":                                              "Jumlah pendaftaran merek per bulan",
		"Daftar notaris yang aktif di provinsi ini.":                                       "Daftar notaris di provinsi ini",
		"Salinan standar pelayanan kantor ini.":                                            "Standar pelayanan dan maklumat pelayanan",
		"Hasil survei kepuasan masyarakat terakhir.":                                       "Hasil survei kepuasan masyarakat 2025",
		"Statistik pengaduan dua tahun terakhir.":                                          "Statistik pengaduan 2024–2025",
		"Judul: realisasi anggaran\nTahun: 2025\nUntuk skripsi saya di universitas negeri": "Realisasi anggaran 2025",
		"Saya ingin tahu siapa yang mengambil sepatu saya di ruang tunggu kemarin siang.":  "",
		"Rekaman kamera di ruang tunggu pada 3 November.":                                  "",
	} {
		got := x.Like(asked, 3)
		ok := want == "" && len(got) == 0
		for _, i := range got {
			ok = ok || i.Title == want
		}
		if !ok {
			t.Errorf("%q: %+v", asked, got)
		}
	}
}

// large is a list of n items made from the words of the example.
func large(t testing.TB, v *published.Vocabulary, n int) *published.List {
	t.Helper()
	example, err := v.Example(assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	var vocabulary []string
	for _, i := range example.Items {
		vocabulary = append(vocabulary, strings.Fields(i.Title+" "+i.Summary)...)
	}
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		if r.IntN(4) == 0 { // names, places, numbers: a long tail
			var b strings.Builder
			for range 2 + r.IntN(3) {
				b.WriteString([]string{"ka", "lo", "mi", "su", "ber", "tan", "gur", "pe", "nang", "wi", "do", "ra"}[r.IntN(12)])
			}
			return b.String()
		}
		return vocabulary[r.IntN(len(vocabulary))]
	}
	line := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = word()
		}
		return strings.Join(all, " ")
	}
	l := &published.List{Version: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC).Unix()}
	for i := range n {
		item := example.Items[i%len(example.Items)]
		item.ID, item.Title, item.Summary = fmt.Sprint("i", i), line(6), line(20)
		l.Items = append(l.Items, item)
	}
	return l
}

func BenchmarkSearch5000(b *testing.B) {
	v := vocabulary(b)
	x := published.NewIndex(v, large(b, v, 5000))
	for name, asked := range map[string]string{"word": "anggaran", "words": "laporan kinerja kantor wilayah 2025", "mistyped": "lapoarn kinreja pengadann", "unknown": "xylofoon zeppelin quarantaine"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				x.Search(asked, published.Filter{}, 10)
			}
		})
	}
	b.Run("request", func(b *testing.B) {
		for b.Loop() {
			x.Like("Saya memerlukan laporan kinerja dan realisasi anggaran kantor wilayah tahun 2024 dan 2025, menurut kegiatan dan triwulan, untuk penelitian saya tentang pelayanan publik di provinsi ini.", 5)
		}
	})
}

func BenchmarkNewIndex5000(b *testing.B) {
	v := vocabulary(b)
	l := large(b, v, 5000)
	for b.Loop() {
		published.NewIndex(v, l)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("Judul,Kategori,Tahun\nProfil,berkala,2025\n"))
	f.Add([]byte("\xff\xfeJ\x00u\x00"))
	f.Add([]byte("No;Ringkasan;Kategori;Bentuk\n;;;Cetak\n1;2;3;4\nA;berkala;;\n"))
	v := vocabulary(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		items, faults, err := v.Read(bytes.NewReader(b))
		if err != nil && len(items)+len(faults) > 0 {
			t.Fatal(err, items, faults)
		}
		for _, i := range items {
			if i.ID == "" || i.Title == "" || i.Category == "" {
				t.Fatal(i)
			}
		}
		published.NewIndex(v, &published.List{Items: items}).Search(string(b), published.Filter{}, 3)
	})
}

// A table without ids may be written anew each year: what it says of the same
// information has changed, and is not another.
func TestTheSameInformationKeepsItsID(t *testing.T) {
	v := vocabulary(t)
	var lists [2][]published.Item
	for n, year := range []string{"2025", "2026"} {
		var err error
		if lists[n], _, err = v.Read(strings.NewReader("Judul,Kategori,Unit kerja,Waktu pembuatan\nDaftar aset,Setiap saat,Umum,Januari " + year + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if d := published.Compare(lists[0], lists[1]); len(d.Changed) != 1 || len(d.Added)+len(d.Removed) != 0 {
		t.Errorf("%+v", d)
	}
}
