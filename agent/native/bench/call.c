/* Measures a call of the engine, or serves as far end of somebody else's, and prints one JSON object.
 *   call engine SECONDS   CPU of the engine's threads, delays, memory, and underruns with both cores kept busy for SECONDS
 *   call far SECONDS      prints {"port":N} and answers calls for SECONDS */
#include "far-end.h"

#include "tonalite.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 25
#define SPINNERS 2

static int events;
static char told[1 << 16];

uint64_t tn_monotonic_us(void);

/* CPU nanoseconds of this process's threads whose name begins so. */
static double thread_seconds(const char *name)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	double sum = 0;

	while (tasks && (task = readdir(tasks))) {
		char path[300], text[64] = "";
		unsigned long long used = 0;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		(void)!fgets(text, sizeof(text), file);
		fclose(file);
		snprintf(path, sizeof(path), "/proc/self/task/%s/schedstat", task->d_name);
		file = strncmp(text, name, strlen(name)) ? NULL : fopen(path, "r");
		if (!file)
			continue;
		(void)!fscanf(file, "%llu", &used);
		fclose(file);
		sum += (double)used / 1e9;
	}
	closedir(tasks);
	return sum;
}

static long resident_kib(void)
{
	long pages = 0, unused;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file) {
		(void)!fscanf(file, "%ld %ld", &unused, &pages);
		fclose(file);
	}
	return pages * sysconf(_SC_PAGESIZE) / 1024;
}

/* Reads events until one contains the text; false after 5 s. */
static bool wait_for(const char *text)
{
	uint64_t until = tn_monotonic_us() + 5000000;
	size_t length = 0;

	while (tn_monotonic_us() < until) {
		ssize_t count = read(events, told + length, sizeof(told) - 1 - length);

		if (count > 0)
			length += (size_t)count;
		told[length] = '\0';
		if (strstr(told, text))
			return true;
		usleep(1000);
	}
	return false;
}

static long member(const char *json, const char *name)
{
	char key[64];
	const char *found;

	snprintf(key, sizeof(key), "\"%s\":", name);
	found = strstr(json, key);
	return found ? strtol(found + strlen(key), NULL, 10) : -1;
}

static int32_t call(void)
{
	int32_t handle = tn_call_dial(0, "bench");

	if (handle < 0 || !wait_for("\"established\"")) {
		fprintf(stderr, "the call did not come up: %s\n", told);
		exit(1);
	}
	return handle;
}

static int ascending(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static void print_delays(const char *name, double *values)
{
	qsort(values, ROUNDS, sizeof(*values), ascending);
	printf("\"%s\":{\"median\":%.2f,\"most\":%.2f},", name, values[ROUNDS / 2], values[ROUNDS - 1]);
}

/* From a key of our mouth to the first packet with sound at the far end. */
static double delay_to_wire(void)
{
	uint64_t begin;

	far_end_listen();
	usleep((useconds_t)(rand() % 20000));
	begin = tn_monotonic_us();
	tn_sim_speak(0, 1004, 100, -60);
	while (!far_end_heard() && tn_monotonic_us() < begin + 1000000)
		usleep(200);
	usleep(250000);
	return (double)(far_end_heard() - begin) / 1000;
}

/* From the first packet with sound leaving the far end to sound at the ear, which listens once in 20 ms. */
static double delay_to_phone(void)
{
	char heard[2048];
	uint64_t now;

	tn_sim_forget(0);
	far_end_sound(true);
	do {
		usleep(500);
		now = tn_monotonic_us();
		(void)tn_sim_heard(0, heard, sizeof(heard));
	} while (member(heard, "activeMs") <= 0 && (!far_end_sounded() || now < far_end_sounded() + 1000000));
	now -= far_end_sounded();
	far_end_sound(false);
	usleep(300000);
	return (double)now / 1000;
}

static void spin_up(pid_t *spinners)
{
	for (int i = 0; i < SPINNERS; i++) {
		spinners[i] = fork();
		if (spinners[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				;
		}
	}
}

static void measure(unsigned seconds)
{
	struct tn_config config = { .size = sizeof(config), .lines = 1, .backend = "sim", .local_address = "127.0.0.1",
				    .user_agent = "Tonalite bench" };
	struct tn_account account = { .size = sizeof(account), .expires_s = 3600, .user = "bench", .password = "unused",
				      .domain = "127.0.0.1", .calls = 2 };
	double to_wire[ROUNDS], to_phone[ROUNDS], cpu;
	long bare = resident_kib();
	pid_t spinners[SPINNERS];
	int32_t first, second;

	account.proxy_port = far_end_start();
	account.codecs[0] = TN_CODEC_PCMA;
	if (tn_open(&config, &events) || tn_account(0, &account) || !wait_for("\"registered\"")) {
		fprintf(stderr, "the engine did not start: %s\n", told);
		exit(1);
	}
	tn_sim_hook(0, 1);
	sleep(1);
	cpu = thread_seconds("tn-");
	sleep(seconds);
	cpu = thread_seconds("tn-") - cpu;
	printf("{\"idlePercent\":%.4f,", 100 * cpu / seconds);
	first = call();
	far_end_sound(true);
	cpu = thread_seconds("tn-");
	sleep(seconds);
	cpu = thread_seconds("tn-") - cpu;
	printf("\"callPercent\":%.4f,", 100 * cpu / seconds);
	far_end_sound(false);
	sleep(1);
	for (int i = 0; i < ROUNDS; i++)
		to_wire[i] = delay_to_wire();
	for (int i = 0; i < ROUNDS; i++)
		to_phone[i] = delay_to_phone();
	print_delays("toWireMs", to_wire);
	print_delays("toPhoneMs", to_phone);
	second = call();
	printf("\"residentKiB\":{\"bare\":%ld,\"twoCalls\":%ld},", bare, resident_kib());
	tn_call_hangup(second, 0, NULL);
	(void)wait_for("\"ended\"");
	tn_call_hangup(first, 0, NULL);
	(void)wait_for("\"ended\"");
	sleep(1);
	first = call();
	far_end_sound(true);
	spin_up(spinners);
	sleep(seconds);
	for (int i = 0; i < SPINNERS; i++) {
		kill(spinners[i], SIGKILL);
		waitpid(spinners[i], NULL, 0);
	}
	tn_call_hangup(first, 0, NULL);
	(void)wait_for("\"ended\"");
	printf("\"busy\":{\"seconds\":%u,\"txPackets\":%ld,\"rxPackets\":%ld,\"late\":%ld,\"underruns\":%ld}}\n", seconds,
	       member(told, "txPackets"), member(told, "rxPackets"), member(told, "late"), member(told, "underruns"));
	tn_close();
	far_end_stop();
}

int main(int argc, char **argv)
{
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

	if (!seconds || (strcmp(argv[1], "engine") && strcmp(argv[1], "far"))) {
		fprintf(stderr, "usage: call engine|far SECONDS\n");
		return 2;
	}
	if (!strcmp(argv[1], "engine")) {
		measure(seconds);
		return 0;
	}
	printf("{\"port\":%u}\n", far_end_start());
	fflush(stdout);
	far_end_sound(true);
	sleep(seconds);
	far_end_stop();
	return 0;
}
