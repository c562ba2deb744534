#include "disk.h"
#include "frame.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PIECE 65536

int disk_open(struct disk *disk, const char *path)
{
	disk->file = open(path, O_RDWR | O_CLOEXEC);
	if (disk->file < 0)
		return errno;
	off_t end = lseek(disk->file, 0, SEEK_END);
	disk->bytes = end > 0 ? (uint64_t)end : 0;
	return end > 0 ? 0 : ENXIO;
}

int disk_holds(const struct disk *disk, uint64_t offset, uint64_t length)
{
	return offset <= disk->bytes && length <= disk->bytes - offset;
}

int disk_read(const struct disk *disk, uint64_t offset, void *to, size_t length)
{
	for (char *at = to; length > 0;) {
		ssize_t got = pread(disk->file, at, length, (off_t)offset);
		if (got <= 0 && errno != EINTR)
			return got < 0 ? errno : EIO;
		if (got <= 0)
			continue;
		at += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

int disk_write(const struct disk *disk, uint64_t offset, const void *from, size_t length)
{
	for (const char *at = from; length > 0;) {
		ssize_t put = pwrite(disk->file, at, length, (off_t)offset);
		if (put <= 0 && errno != EINTR)
			return put < 0 ? errno : EIO;
		if (put <= 0)
			continue;
		at += put;
		offset += (uint64_t)put;
		length -= (size_t)put;
	}
	return 0;
}

int disk_zero(const struct disk *disk, uint64_t offset, uint64_t length)
{
	static const uint8_t zeros[PIECE];
	uint64_t range[2] = {offset, length};
	/* What is in memory of that range would be written over it later. */
	if (disk_sync(disk) == 0 && ioctl(disk->file, BLKZEROOUT, range) == 0)
		return 0;
	for (uint64_t done = 0; done < length;) {
		size_t part = length - done < PIECE ? (size_t)(length - done) : PIECE;
		int error = disk_write(disk, offset + done, zeros, part);
		if (error)
			return error;
		done += part;
	}
	return 0;
}

int disk_sync(const struct disk *disk)
{
	return fdatasync(disk->file) ? errno : 0;
}

int disk_digest(const struct disk *disk, uint64_t offset, uint64_t length, struct digest *digest)
{
	static uint8_t piece[PIECE];
	struct sha256 hash;
	int error = disk_sync(disk);
	/* Of a device, and of a file: each refuses the other's. */
	(void)ioctl(disk->file, BLKFLSBUF, 0);
	(void)posix_fadvise(disk->file, (off_t)offset, (off_t)length, POSIX_FADV_DONTNEED);
	sha256_begin(&hash);
	digest->crc32 = 0;
	for (uint64_t done = 0; !error && done < length;) {
		size_t part = length - done < PIECE ? (size_t)(length - done) : PIECE;
		error = disk_read(disk, offset + done, piece, part);
		digest->crc32 = frame_crc(digest->crc32, piece, part);
		sha256_add(&hash, piece, part);
		done += part;
	}
	sha256_end(&hash, digest->sha256);
	return error;
}
