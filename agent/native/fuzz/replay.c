/* Runs a fuzz target over its corpus, for `make test`: what once was hard to read stays read. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	static uint8_t data[1 << 16];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		return 0;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	(void)LLVMFuzzerTestOneInput(data, size);
	/* The same cut short at every length: where a parser looks beyond its end. */
	for (size_t length = 0; length < size; length++) {
		uint8_t *exact = malloc(length ? length : 1);

		memcpy(exact, data, length);
		(void)LLVMFuzzerTestOneInput(exact, length);
		free(exact);
	}
	return 1;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	const char *name = strrchr(argv[0], '/');
	char path[512];

	for (int i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);
		struct dirent *entry;

		while (folder && (entry = readdir(folder))) {
			if (*entry->d_name == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			if (replay(path))
				passed++;
			else
				failed++;
		}
		if (folder)
			closedir(folder);
		else
			failed++;
	}
	printf("%s: %u passed, %u failed\n", name ? name + 1 : argv[0], passed, failed);
	return failed || !passed;
}
