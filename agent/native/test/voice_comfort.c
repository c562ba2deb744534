/* Comfort noise (RFC 3389): its level, how silence is told from speech, and both in a call. */
#include "voice_far.h"
#include "voice/jitter.h"

#define FULL_SCALE 32767.0

static double level_of_frames(struct comfort *comfort, int frames)
{
	int16_t samples[TN_FRAME];
	double sum = 0;

	for (int frame = 0; frame < frames; frame++) {
		comfort_fill(comfort, samples);
		for (int i = 0; i < TN_FRAME; i++)
			sum += (double)samples[i] * samples[i];
	}
	return 10 * log10(sum / frames / TN_FRAME / (FULL_SCALE * FULL_SCALE) + 1e-12);
}

static void is_as_loud_as_it_is_told(void)
{
	static const uint8_t levels[] = { 20, 35, 50, 65 };
	/* A room with more in the low than in the high (the reflection coefficients of RFC 3389 §3.1). */
	uint8_t payload[12] = { 0, 40, 160, 120, 140, 127, 130 };
	struct comfort comfort = { .on = false };

	for (size_t i = 0; i < sizeof(levels); i++) {
		payload[0] = levels[i];
		comfort_take(&comfort, payload, 1);
		CHECK(comfort.on);
		CHECK(fabs(level_of_frames(&comfort, 100) + levels[i]) < 1);
		comfort_take(&comfort, payload, 7);
		(void)level_of_frames(&comfort, 5);
		CHECK(fabs(level_of_frames(&comfort, 200) + levels[i]) < 1.5);
	}
}

static void bears_any_payload(void)
{
	struct comfort comfort = { .on = false };
	uint8_t payload[64];

	comfort_take(&comfort, payload, 0);
	CHECK(!comfort.on);
	for (unsigned value = 0; value < 256; value++) {
		memset(payload, (int)value, sizeof(payload));
		comfort_take(&comfort, payload, sizeof(payload));
		CHECK(level_of_frames(&comfort, 10) <= 0.1);
	}
	memset(payload, 0, sizeof(payload));
	payload[0] = 127;
	comfort_take(&comfort, payload, 1);
	CHECK(level_of_frames(&comfort, 10) < -90);
}

static void make(int16_t samples[TN_FRAME], double amplitude, unsigned frame)
{
	for (unsigned i = 0; i < TN_FRAME; i++)
		samples[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * 300 * (frame * TN_FRAME + i) / 8000.0));
}

static void tells_speech_from_silence(void)
{
	struct comfort_judge judge = { .begun = false };
	unsigned sounds = 0, levels = 0, nothing = 0, silent = 0;
	int16_t samples[TN_FRAME];
	uint8_t level = 0;

	for (unsigned frame = 0; frame < 50; frame++) {
		make(samples, 3000, frame);
		CHECK_INT(comfort_judge(&judge, samples, &level), COMFORT_SOUND);
	}
	/* Noise of a quiet room, 4 s: a bit of sound more, its level, then once a second. */
	for (unsigned frame = 0; frame < 200; frame++) {
		enum comfort_word word;

		make(samples, 46, frame); /* -60 dBov */
		word = comfort_judge(&judge, samples, &level);
		sounds += word == COMFORT_SOUND;
		levels += word == COMFORT_LEVEL;
		nothing += word == COMFORT_NOTHING;
	}
	CHECK_INT(sounds, 15);
	CHECK(levels >= 4 && levels <= 6);
	CHECK_INT(sounds + levels + nothing, 200);
	CHECK(level >= 58 && level <= 62);
	make(samples, 500, 0);
	CHECK_INT(comfort_judge(&judge, samples, &level), COMFORT_SOUND);
	/* What is loud stays sound however long it lasts: a fax, music. */
	for (unsigned frame = 0; frame < 3000; frame++) {
		make(samples, 1500, frame);
		silent += comfort_judge(&judge, samples, &level) != COMFORT_SOUND;
	}
	CHECK_INT(silent, 0);
}

static double frame_level(const int16_t samples[TN_FRAME])
{
	double sum = 0;

	for (int i = 0; i < TN_FRAME; i++)
		sum += (double)samples[i] * samples[i];
	return 10 * log10(sum / TN_FRAME / (FULL_SCALE * FULL_SCALE) + 1e-12);
}

static void fills_an_empty_buffer(void)
{
	static struct jitter jitter;
	const uint8_t told = 30;
	int16_t samples[TN_FRAME], out[TN_FRAME];

	jitter_open(&jitter, 20, 120);
	make(samples, 8000, 0);
	jitter_put(&jitter, 0, samples, TN_FRAME);
	jitter_comfort(&jitter, TN_FRAME, &told, 1);
	CHECK(jitter_get(&jitter, out));
	CHECK(jitter_get(&jitter, out)); /* the packet, after the buffer's 20 ms */
	CHECK(frame_level(out) > -20);
	for (int i = 0; i < 100; i++) {
		CHECK(jitter_get(&jitter, out));
		CHECK(fabs(frame_level(out) + 30) < 2);
	}
	CHECK_INT(jitter.underruns, 0);
	jitter_put(&jitter, 102 * TN_FRAME, samples, TN_FRAME);
	CHECK(jitter_get(&jitter, out));
	CHECK(jitter_get(&jitter, out));
	CHECK(frame_level(out) > -20);
	CHECK_INT(jitter.underruns, 0);
}

static struct far far;

static void receive(int fd, unsigned count[128], bool *marked, int ms)
{
	uint64_t until = tn_monotonic_us() + (uint64_t)ms * 1000;
	uint8_t packet[512];

	memset(count, 0, 128 * sizeof(*count));
	*marked = false;
	while (tn_monotonic_us() < until) {
		struct pollfd poll_fd = { fd, POLLIN, 0 };

		if (poll(&poll_fd, 1, 20) <= 0 || recv(fd, packet, sizeof(packet), 0) < 13)
			continue;
		count[packet[1] & 0x7f]++;
		*marked = *marked || packet[1] == (0x80 | 8);
	}
}

static void hears_noise(int fd, uint16_t port)
{
	uint8_t packet[13] = { 0x80, COMFORT_TYPE, [11] = 9, [12] = 30 };
	struct sockaddr_in box = { .sin_family = AF_INET, .sin_port = htons(port) };
	char heard[1024];
	long level;

	box.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(sendto(fd, packet, sizeof(packet), 0, (struct sockaddr *)&box, sizeof(box)) == sizeof(packet));
	usleep(300000);
	CHECK_INT(tn_sim_forget(0), 0);
	usleep(1000000);
	CHECK(tn_sim_heard(0, heard, sizeof(heard)) > 0);
	level = rig_number(strstr(heard, "\"audio\""), "level");
	/* -30 dBov: the square wave of 0 dBov is +6.15 dBm0. */
	if (!CHECK(level > -270 && level < -210))
		printf("%s\n", heard);
}

static void tells_its_silence_when_agreed(const char *known, bool agreed)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(RIG_MEDIA_PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int32_t call = tn_call_dial(0, "bob");
	const char *invite = far_expect(&far, "INVITE "), *media = strstr(invite, "m=audio ");
	unsigned count[128];
	char body[512];
	bool marked;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK(strstr(invite, "a=rtpmap:13 CN/8000"));
	snprintf(body, sizeof(body),
		 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP 8%s\r\n", RIG_MEDIA_PORT, known);
	far_answer(&far, invite, "200 OK", "first", FAR_SDP, body);
	far_expect(&far, "ACK ");
	receive(fd, count, &marked, 1500);
	receive(fd, count, &marked, 2500);
	if (agreed) {
		CHECK(count[COMFORT_TYPE] >= 1 && count[COMFORT_TYPE] <= 6);
		CHECK_INT(count[8], 0);
		CHECK_INT(tn_sim_speak(0, 400, 500, -100), 0);
		receive(fd, count, &marked, 600);
		CHECK(marked);
	}
	CHECK(count[8] > 10);
	hears_noise(fd, (uint16_t)(media ? atoi(media + 8) : 0));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	far_answer(&far, far_expect(&far, "BYE "), "200 OK", "", "", "");
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", NULL, 3000), "underruns"), 0);
	close(fd);
}

int main(void)
{
	struct tn_account account;

	is_as_loud_as_it_is_told();
	bears_any_payload();
	tells_speech_from_silence();
	fills_an_empty_buffer();
	if (!CHECK(rig_open_engine() == 0) || !far_open(&far, RIG_FAR_PORT))
		return check_summary("voice_comfort");
	rig_account(&account, "x");
	account.expires_s = 3600;
	account.silence = 1u << TN_CODEC_PCMA;
	CHECK_INT(tn_account(0, &account), 0);
	far_registers(&far);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 3000));
	CHECK_INT(tn_sim_hook(0, 1), 0);
	tells_its_silence_when_agreed(" 13", true);
	tells_its_silence_when_agreed("", false);
	rig_close();
	far_close(&far);
	return check_summary("voice_comfort");
}
