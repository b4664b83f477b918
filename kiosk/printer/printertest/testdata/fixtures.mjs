// Writes receiptline.bin and encoder.bin: receipts as other people's encoders
// make them, so that the paper that our tests print on is not judged by our
// own idea of ESC/POS. To make them anew, in an empty folder:
//
//	npm i receiptline@4.0.4 @point-of-sale/receipt-printer-encoder@4.0.1
//	node --preserve-symlinks-main fixtures.mjs OUT
//
// Both hold the QR code of url.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/');
const out = process.argv[2];
const url = 'HTTPS://LACAK.EXAMPLE.GO.ID/T#K74QX9M2-QV8N3HD6W';

const receiptline = require('receiptline');
const text = `^^^TANDA TERIMA
24-11-2026 09.47 WITA
---
{code:${url};option:qrcode,6,M}
---
Nomor | K7 4QX9M2
Kode | QV8N3 HD6W
=`;
const commands = receiptline.transform(text, { cpl: 48, encoding: 'cp437', spacing: true, command: 'escpos' });
writeFileSync(out + '/receiptline.bin', Buffer.from(commands, 'latin1'));

const Encoder = require('@point-of-sale/receipt-printer-encoder');
// A picture of 200 × 96 dots: a frame and its diagonal.
const width = 200, height = 96, data = new Uint8ClampedArray(width * height * 4).fill(255);
for (let y = 0; y < height; y++)
	for (let x = 0; x < width; x++)
		if (x < 4 || y < 4 || x >= width - 4 || y >= height - 4 || Math.abs(x * height - y * width) < 500)
			data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
for (const [name, imageMode] of [['encoder', 'raster'], ['encoder-column', 'column']]) {
	const encoder = new Encoder({ language: 'esc-pos', columns: 48, imageMode, feedBeforeCut: 4 });
	const bytes = encoder.initialize().codepage('cp437').align('center').bold(true).size(2, 2).line('TANDA TERIMA')
		.size(1, 1).bold(false).line('24-11-2026 09.47 WITA').image({ width, height, data }, width, height, 'threshold')
		.qrcode(url, { model: 2, size: 6, errorlevel: 'm' }).align('left').rule().underline(true).line('Nomor K7 4QX9M2')
		.underline(false).line('Kode QV8N3 HD6W').newline(2).cut('partial').encode();
	writeFileSync(`${out}/${name}.bin`, bytes);
}
