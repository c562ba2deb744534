/* The board's disk: a block device; a plain file in tests. Functions return 0 or an errno. */
#ifndef RECOVERY_DISK_H
#define RECOVERY_DISK_H

#include <stddef.h>
#include <stdint.h>
#include "sha256.h"

struct disk {
	int file;
	uint64_t bytes;
};

int disk_open(struct disk *disk, const char *path);
int disk_read(const struct disk *disk, uint64_t offset, void *to, size_t length);
int disk_write(const struct disk *disk, uint64_t offset, const void *from, size_t length);
int disk_zero(const struct disk *disk, uint64_t offset, uint64_t length);
/* What was written is on the medium when this returns. */
int disk_sync(const struct disk *disk);

struct digest {
	uint32_t crc32;
	uint8_t sha256[SHA256_BYTES];
};

/* Counts what the medium holds, not what memory remembers of it. */
int disk_digest(const struct disk *disk, uint64_t offset, uint64_t length, struct digest *digest);

/* Whether a part of the disk is inside it. */
int disk_holds(const struct disk *disk, uint64_t offset, uint64_t length);

#endif
