/*
 * What is to be done to the disk, as a stream of records: a head of 25 bytes and, packed or not, the bytes of a part of the disk.
 *   kind 1, offset 8, length 4, packed 4 (bytes that follow), CRC-32 of the unpacked bytes 4; four bytes CRC-32 of the head
 */
#ifndef RECOVERY_RECORDS_H
#define RECOVERY_RECORDS_H

#include "disk.h"

enum record_kind {
	/* no bytes follow */
	RECORD_ZERO = 1,
	/* the bytes as they are */
	RECORD_PLAIN = 2,
	/* raw deflate (RFC 1951); its dictionary is what the disk holds before the part, RECORD_DICTIONARY bytes or all there is */
	RECORD_DEFLATE = 3,
	/* what came before is to be on the medium before what comes after is begun; offset and length are 0 */
	RECORD_SYNC = 4,
};

#define RECORD_HEAD 25
/* Most bytes of a part, but of zeros; parts are of whole sectors. */
#define RECORD_MAX 65536
#define RECORD_DICTIONARY 32768

/* Why nothing more is taken. */
enum record_problem {
	RECORD_GOOD = 0,
	/* the station and this program do not mean the same */
	RECORD_MALFORMED = 1,
	RECORD_OUTSIDE_DISK = 2,
	/* unpacked to something else than was sent */
	RECORD_CONTENT = 3,
	RECORD_DISK_FAILED = 4,
};

struct records {
	struct disk *disk;
	enum record_problem problem;
	/* of the record that is being received */
	size_t have;
	uint8_t head[RECORD_HEAD];
	uint8_t packed[RECORD_MAX];
};

/* Takes the next bytes of the stream and does what they complete. */
void records_take(struct records *records, const uint8_t *bytes, size_t length);

#endif
