#include "records.h"
#include "frame.h"
#include <string.h>
#include <zlib.h>

struct head {
	unsigned kind;
	uint64_t offset;
	uint32_t length, packed, crc;
};

static struct head head_of(const uint8_t *at)
{
	return (struct head){.kind = at[0], .offset = get64(at + 1), .length = get32(at + 9), .packed = get32(at + 13), .crc = get32(at + 17)};
}

static enum record_problem judge(const struct records *records)
{
	struct head head = head_of(records->head);
	if (get32(records->head + 21) != frame_crc(0, records->head, 21))
		return RECORD_MALFORMED;
	if (head.kind == RECORD_SYNC)
		return head.offset || head.length || head.packed ? RECORD_MALFORMED : RECORD_GOOD;
	if (head.length == 0 || head.length % 512 || head.offset % 512)
		return RECORD_MALFORMED;
	if (head.kind == RECORD_ZERO && head.packed)
		return RECORD_MALFORMED;
	if (head.kind == RECORD_PLAIN && (head.packed != head.length || head.length > RECORD_MAX))
		return RECORD_MALFORMED;
	if (head.kind == RECORD_DEFLATE && (head.packed == 0 || head.packed > RECORD_MAX || head.length > RECORD_MAX))
		return RECORD_MALFORMED;
	if (head.kind < RECORD_ZERO || head.kind > RECORD_SYNC)
		return RECORD_MALFORMED;
	return disk_holds(records->disk, head.offset, head.length) ? RECORD_GOOD : RECORD_OUTSIDE_DISK;
}

static enum record_problem inflate_part(const struct records *records, const struct head *head, uint8_t to[static RECORD_MAX])
{
	static uint8_t dictionary[RECORD_DICTIONARY];
	uint64_t known = head->offset < RECORD_DICTIONARY ? head->offset : RECORD_DICTIONARY;
	if (disk_read(records->disk, head->offset - known, dictionary, known))
		return RECORD_DISK_FAILED;
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)records->packed, .avail_in = head->packed, .next_out = to, .avail_out = head->length};
	if (inflateInit2(&stream, -15) != Z_OK)
		return RECORD_CONTENT;
	int good = (known == 0 || inflateSetDictionary(&stream, dictionary, (uInt)known) == Z_OK) &&
		inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
	inflateEnd(&stream);
	return good ? RECORD_GOOD : RECORD_CONTENT;
}

static enum record_problem apply(const struct records *records)
{
	static uint8_t unpacked[RECORD_MAX];
	struct head head = head_of(records->head);
	if (head.kind == RECORD_SYNC)
		return disk_sync(records->disk) ? RECORD_DISK_FAILED : RECORD_GOOD;
	if (head.kind == RECORD_ZERO)
		return disk_zero(records->disk, head.offset, head.length) ? RECORD_DISK_FAILED : RECORD_GOOD;
	const uint8_t *bytes = records->packed;
	if (head.kind == RECORD_DEFLATE) {
		enum record_problem problem = inflate_part(records, &head, unpacked);
		if (problem)
			return problem;
		bytes = unpacked;
	}
	if (frame_crc(0, bytes, head.length) != head.crc)
		return RECORD_CONTENT;
	return disk_write(records->disk, head.offset, bytes, head.length) ? RECORD_DISK_FAILED : RECORD_GOOD;
}

void records_take(struct records *records, const uint8_t *bytes, size_t length)
{
	while (length > 0 && !records->problem) {
		int in_head = records->have < RECORD_HEAD;
		size_t wanted = in_head ? RECORD_HEAD - records->have
					: RECORD_HEAD + head_of(records->head).packed - records->have;
		size_t part = length < wanted ? length : wanted;
		memcpy(in_head ? records->head + records->have : records->packed + records->have - RECORD_HEAD, bytes, part);
		records->have += part;
		bytes += part;
		length -= part;
		if (part < wanted)
			return;
		if (in_head)
			records->problem = judge(records);
		if (records->problem || (in_head && head_of(records->head).packed))
			continue;
		records->problem = apply(records);
		records->have = 0;
	}
}
