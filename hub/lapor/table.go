package lapor

import (
	"encoding/csv"
	"io"
	"strings"
)

// The columns of a table of reports that come back filled in: see [ReadAnswers].
const (
	numberColumn  = "nomor"
	idColumn      = "lapor_id"
	refusedColumn = "ditolak"
)

// tableColumns are those of a table of reports, in order.
var tableColumns = []string{numberColumn, idColumn, "klasifikasi", "judul", "isi", "tanggal_kejadian", "lokasi_kejadian", "asal_pelapor", "instansi_tujuan", "kategori",
	"anonim", "rahasia", "nama", "no_identitas", "telepon", "surel", refusedColumn}

// WriteTable writes reports as CSV, a line each, with empty columns for LAPOR!'s
// number, or why it refused, to be filled in and brought back.
func WriteTable(w io.Writer, records []Record) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // so that spreadsheets read it as UTF-8
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(tableColumns); err != nil {
		return err
	}
	for _, r := range records {
		value := map[string]string{numberColumn: r.Number.String()} // its gap keeps 12E45678 from being a number
		for _, f := range r.Fields() {
			value[f.Name] = f.Value
		}
		row := make([]string, len(tableColumns))
		for i, name := range tableColumns {
			row[i] = Harmless(value[name])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Harmless keeps a spreadsheet from taking what a visitor wrote for a formula.
func Harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
