/* Opening and closing, arguments of tn_open, the telephone's recording and its measure of gaps. */
#include "line_rig.h"

#include <sys/stat.h>
#include <fcntl.h>

static void arguments(void)
{
	struct tn_config config = rig_config(), bad;
	int32_t fd = -1;

	CHECK_INT(tn_abi_version(), TN_ABI_VERSION);
	CHECK_INT(tn_close(), 0);
	CHECK_INT(tn_open(NULL, &fd), -EINVAL);
	CHECK_INT(tn_open(&config, NULL), -EINVAL);
	bad = config;
	bad.lines = 0;
	CHECK_INT(tn_open(&bad, &fd), -EINVAL);
	bad.lines = TN_MAX_LINES + 1;
	CHECK_INT(tn_open(&bad, &fd), -EINVAL);
	bad = config;
	strcpy(bad.backend, "unknown");
	CHECK_INT(tn_open(&bad, &fd), -EPROTONOSUPPORT);
	bad = config;
	memset(bad.user_agent, 'x', sizeof(bad.user_agent));
	CHECK_INT(tn_open(&bad, &fd), -EINVAL);
	bad = config;
	bad.rtp_port_min = 16385;
	CHECK_INT(tn_open(&bad, &fd), -EINVAL);
	bad = config;
	bad.dscp_media = 64;
	CHECK_INT(tn_open(&bad, &fd), -EINVAL);
	bad = config;
	bad.jitter_min_ms = 200;
	CHECK_INT(tn_open(&bad, &fd), -EINVAL);
	CHECK_INT(fd, -1);
}

static void life(void)
{
	struct tn_config config = rig_config();
	int16_t frame[TN_FRAME] = { 1 };
	int32_t fd = -1, other = -1;

	CHECK_INT(tn_line_tone(0, NULL), -ENODEV);
	CHECK_INT(tn_sim_hook(0, 1), -ENODEV);
	tn_line_exchange(0, NULL, frame);
	CHECK_INT(frame[0], 0);
	rig_voice_result = -EADDRINUSE; /* what was opened before is closed again */
	CHECK_INT(tn_open(&config, &fd), -EADDRINUSE);
	CHECK_INT(tn_sim_hook(0, 1), -ENODEV);
	rig_voice_result = 0;
	for (int i = 0; i < 3; i++) {
		CHECK_INT(tn_open(&config, &fd), 0);
		CHECK_INT(tn_open(&config, &other), -EALREADY);
		CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
		CHECK_INT(tn_sim_hook(1, 1), 0);
		CHECK_INT(tn_sim_hook(2, 1), -EINVAL);
		tn_line_exchange(3, NULL, frame);
		CHECK_INT(tn_close(), 0);
		CHECK_INT(read(fd, frame, 1), 0);
		close(fd);
	}
}

static void small_answers(void)
{
	char json[16];

	CHECK_INT(tn_sim_heard(0, json, sizeof(json)), -ENOSPC);
	CHECK_INT(tn_sim_heard(0, json, 0), -EINVAL);
	CHECK_INT(tn_sim_heard(0, NULL, 100), -EINVAL);
	CHECK_TEXT(rig_heard(),
		   "{\"offHook\":false,\"ringing\":false,\"rings\":0,\"reversed\":false,\"meterPulses\":0,\"tone\":null,\"digits\":\"\",\"callerId\":null,"
		   "\"lamp\":null,\"audio\":{\"heardMs\":0,\"activeMs\":0,\"longestGapMs\":0,\"level\":-990}}");
}

static void gaps(void)
{
	int16_t sound[TN_FRAME], broken[TN_FRAME];

	for (int i = 0; i < TN_FRAME; i++) {
		sound[i] = (int16_t)(8000 * sin(2 * M_PI * 1000 * i / TN_RATE));
		broken[i] = i < TN_FRAME / 2 ? sound[i] : 0;
	}
	rig_lift();
	tn_sim_forget(0);
	rig_run(500);
	rig_run_with(1000, sound, NULL);
	rig_run(60);
	rig_run_with(1000, sound, NULL);
	CHECK_INT(rig_number("\"heardMs\""), 2560);
	CHECK_INT(rig_number("\"activeMs\""), 2000);
	CHECK_INT(rig_number("\"longestGapMs\""), 60); /* not the silence before the first sound */
	rig_run_with(20, broken, NULL);
	rig_run(80);
	rig_run_with(20, sound, NULL);
	CHECK_INT(rig_number("\"longestGapMs\""), 90);
}

static double audio_level(void)
{
	const char *audio = strstr(rig_heard(), "\"audio\"");

	return strtod(strstr(audio, "\"level\":") + 8, NULL);
}

static void gains(void)
{
	struct tn_line_setup setup = { .size = sizeof(setup), .flash_min_ms = 80, .flash_max_ms = 500, .gain_to_phone = -60 };
	int16_t sound[TN_FRAME];
	double before;

	for (int i = 0; i < TN_FRAME; i++)
		sound[i] = (int16_t)(8000 * sin(2 * M_PI * 1000 * i / TN_RATE));
	tn_sim_forget(0);
	rig_run_with(200, sound, NULL);
	before = audio_level();
	CHECK_INT(tn_line_setup(0, &setup), 0);
	tn_sim_forget(0);
	rig_run_with(200, sound, NULL);
	CHECK_NEAR(audio_level(), before - 60, 1);
}

static void recording(void)
{
	static const char path[] = "line_engine.wav.tmp";
	unsigned char header[44];
	struct stat file;
	int fd;

	CHECK_INT(tn_sim_record(0, "/nonexistent/folder/file.wav"), -ENOENT);
	CHECK_INT(tn_sim_record(0, path), 0);
	rig_run(1000);
	CHECK_INT(tn_sim_record(0, NULL), 0);
	CHECK_INT(tn_sim_record(0, NULL), 0);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0 && read(fd, header, sizeof(header)) == (ssize_t)sizeof(header));
	CHECK(memcmp(header, "RIFF", 4) == 0 && memcmp(header + 8, "WAVEfmt ", 8) == 0 && memcmp(header + 36, "data", 4) == 0);
	CHECK_INT(header[40] | header[41] << 8, 16000);
	CHECK_INT(fstat(fd, &file), 0);
	CHECK_INT(file.st_size, 44 + 16000);
	close(fd);
	CHECK_INT(tn_sim_record(0, path), 0); /* completed by closing */
	rig_run(100);
	rig_close();
	CHECK_INT(stat(path, &file), 0);
	CHECK_INT(file.st_size, 44 + 1600);
	unlink(path);
}

int main(void)
{
	arguments();
	life();
	rig_open();
	small_answers();
	gaps();
	gains();
	recording();
	return check_summary("line_engine");
}
