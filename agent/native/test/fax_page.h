/* For tests of facsimile: pages as TIFF files, and what came of them. */
#ifndef TN_TEST_FAX_PAGE_H
#define TN_TEST_FAX_PAGE_H

#include <spandsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#define FAX_PAGE_WIDTH 1728
#define FAX_PAGE_ROWS 200

/* Bars that differ from row to row and page to page. */
static inline void fax_page_row(uint8_t row[FAX_PAGE_WIDTH / 8], int page, int number)
{
	for (int i = 0; i < FAX_PAGE_WIDTH / 8; i++)
		row[i] = (i / 9 + number / 8 + page) % 5 ? 0x00 : (uint8_t)(0xff >> (number % 3));
}

static inline void fax_page_write(const char *path, int pages)
{
	TIFF *file = TIFFOpen(path, "w");

	for (int page = 0; page < pages; page++) {
		TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_CCITT_T6);
		TIFFSetField(file, TIFFTAG_IMAGEWIDTH, FAX_PAGE_WIDTH);
		TIFFSetField(file, TIFFTAG_IMAGELENGTH, FAX_PAGE_ROWS);
		TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 1);
		TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
		TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, FAX_PAGE_ROWS);
		TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
		TIFFSetField(file, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
		TIFFSetField(file, TIFFTAG_XRESOLUTION, 204.0f);
		TIFFSetField(file, TIFFTAG_YRESOLUTION, 98.0f);
		TIFFSetField(file, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
		for (int number = 0; number < FAX_PAGE_ROWS; number++) {
			uint8_t row[FAX_PAGE_WIDTH / 8];

			fax_page_row(row, page, number);
			TIFFWriteScanline(file, row, (uint32_t)number, 0);
		}
		TIFFWriteDirectory(file);
	}
	TIFFClose(file);
}

/* Pages of a file whose every row is as written; -1 when there is no such file. */
static inline int fax_page_count_good(const char *path)
{
	TIFF *file = TIFFOpen(path, "r");
	int good = 0, page = 0;

	if (!file)
		return -1;
	do {
		uint32_t rows = 0;
		bool same;

		TIFFGetField(file, TIFFTAG_IMAGELENGTH, &rows);
		same = rows == FAX_PAGE_ROWS;
		for (uint32_t number = 0; same && number < rows; number++) {
			uint8_t got[FAX_PAGE_WIDTH / 8], wanted[FAX_PAGE_WIDTH / 8];

			fax_page_row(wanted, page, (int)number);
			same = TIFFReadScanline(file, got, number, 0) == 1 && !memcmp(got, wanted, sizeof(got));
		}
		good += same;
		page++;
	} while (TIFFReadDirectory(file));
	TIFFClose(file);
	return good;
}

/* A file name of this run; at most 8 of them live at once. */
static inline const char *fax_page_path(const char *name)
{
	static char paths[8][64];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "/tmp/tonalite-fax-%d-%s.tif", (int)getpid(), name);
	return path;
}

#endif
