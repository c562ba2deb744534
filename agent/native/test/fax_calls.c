/* A fax machine on the line, the whole engine, and a far end with one of its own: real time, real sockets. */
#include "fax_far.h"

#define PAGE_MS 90000

static void registers(uint32_t fax)
{
	struct tn_account account;

	rig_account(&account, "");
	account.fax = fax;
	account.fax_max_rate = 9600;
	account.fax_low_redundancy = 3;
	account.fax_high_redundancy = 2;
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
}

/* Calls, and plugs the machine in; the call. */
static int32_t calls(const char *path, bool sends)
{
	int32_t call;

	tn_sim_hook(0, 1);
	call = tn_call_dial(0, "fax");
	CHECK(*rig_wait("\"state\":\"established\"", NULL, 5000));
	CHECK_INT(tn_sim_fax(0, path, sends), 0);
	return call;
}

static void hangs_up(int32_t call)
{
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	CHECK(*rig_wait("\"event\":\"call\"", "\"state\":\"ended\"", 5000));
	tn_sim_hook(0, 0);
	CHECK(*rig_wait("\"event\":\"hook\"", "\"offHook\":false", 5000));
	CHECK_INT(tn_sim_fax(0, NULL, 0), 0);
	CHECK_INT(tn_account(0, NULL), 0);
	usleep(100000);
	fax_far_stop();
}

static void is_told(const char *mode, uint32_t rate)
{
	char text[64];
	const char *event;

	snprintf(text, sizeof(text), "\"mode\":\"%s\"", mode);
	event = rig_wait("\"event\":\"fax\"", "\"state\":\"ended\"", PAGE_MS);
	CHECK(strstr(event, text));
	CHECK(strstr(event, "\"complete\":true"));
	CHECK_INT(rig_number(event, "pages"), 1);
	CHECK(!rate || rig_number(event, "rate") == (long)rate);
}

static void is_done(const char *received)
{
	char heard[2048];

	for (int i = 0; i < 1500; i++) {
		tn_sim_heard(0, heard, sizeof(heard));
		if (strstr(heard, "\"done\":true") && atomic_load(&far_fax.result) >= 0)
			break;
		rig_read(10);
	}
	if (!CHECK(strstr(heard, "\"result\":\"OK\"")))
		printf("%s\n", heard);
	CHECK_INT(atomic_load(&far_fax.result), T30_ERR_OK);
	CHECK_INT(fax_page_count_good(received), 1);
	(void)remove(received);
}

static void sends_by_t38_as_the_far_end_offers(const char *page)
{
	const char *received = fax_page_path("far");
	int32_t call;

	fax_far_start(FAX_FAR_OFFERS, false, false, received);
	far_fax.loss = 11;
	registers(TN_FAX_T38);
	call = calls(page, true);
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"relay\"", 10000));
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"began\"", 20000));
	CHECK(strstr(rig_wait("\"event\":\"fax\"", "\"state\":\"page\"", PAGE_MS), "\"pages\":1,\"more\":false"));
	is_told("T.38", 9600);
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"sound\"", 5000));
	is_done(received);
	hangs_up(call);
}

static void receives_by_t38_as_we_offer(const char *page)
{
	const char *received = fax_page_path("near");
	int32_t call;

	fax_far_start(FAX_FAR_TAKES, true, false, page);
	registers(TN_FAX_T38);
	call = calls(received, false);
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"relay\"", 10000));
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"page\"", PAGE_MS));
	is_told("T.38", 9600);
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"sound\"", 5000));
	CHECK_INT(atomic_load(&far_fax.answered), 1);
	is_done(received);
	hangs_up(call);
}

static void receives_in_the_sound_when_refused(const char *page, enum fax_far_way way, int code)
{
	const char *received = fax_page_path("near");
	const char *event;
	int32_t call;

	fax_far_start(way, true, true, page);
	registers(TN_FAX_T38);
	call = calls(received, false);
	event = rig_wait("\"event\":\"fax\"", "\"state\":\"passThrough\"", 10000);
	CHECK(strstr(event, "\"why\":\"refused\""));
	CHECK_INT(rig_number(event, "code"), code);
	CHECK(atomic_load(&far_fax.rejected));
	if (way == FAX_FAR_REFUSES) {
		is_told("G.711", 0);
		is_done(received);
	} else {
		/* The sound, taken away with the image, is back: the machines see each other's frames. */
		CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"began\"", PAGE_MS));
	}
	hangs_up(call);
	(void)remove(received);
}

static void sends_in_the_sound_by_profile(const char *page)
{
	const char *received = fax_page_path("far");
	int32_t call;

	fax_far_start(FAX_FAR_TAKES, false, true, received);
	registers(TN_FAX_PASS_THROUGH);
	call = calls(page, true);
	CHECK(strstr(rig_wait("\"event\":\"fax\"", "\"state\":\"passThrough\"", 15000), "\"why\":\"profile\""));
	is_told("G.711", 0);
	CHECK_INT(atomic_load(&far_fax.answered), 0);
	is_done(received);
	hangs_up(call);
}

/* A held fax is none any more: the far end is offered sound. */
static void ends_t38_with_a_hold(const char *page)
{
	const char *received = fax_page_path("far");
	int32_t call;

	fax_far_start(FAX_FAR_OFFERS, false, false, received);
	registers(TN_FAX_T38);
	call = calls(page, true);
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"relay\"", 10000));
	CHECK_INT(tn_call_hold(call, 1), 0);
	CHECK(*rig_wait("\"event\":\"fax\"", "\"state\":\"sound\"", 5000));
	CHECK_INT(tn_call_hold(call, 0), 0);
	CHECK(*rig_wait("\"state\":\"retrieved\"", NULL, 5000));
	hangs_up(call);
	(void)remove(received);
}

/* A call whose line does nothing for faxes refuses T.38, and is a call as before. */
static void refuses_t38_without_fax(const char *page)
{
	const char *received = fax_page_path("far");
	int32_t call;

	fax_far_start(FAX_FAR_OFFERS, false, false, received);
	registers(TN_FAX_OFF);
	call = calls(page, true);
	usleep(2000000);
	CHECK(!far_fax.imaging);
	CHECK_INT(rig_count(0, "\"state\":\"relay\""), rig_count(0, "\"state\":\"sound\""));
	hangs_up(call);
	(void)remove(received);
}

int main(void)
{
	const char *page = fax_page_path("page");

	fax_page_write(page, 1);
	if (!CHECK(rig_open_engine() == 0))
		return check_summary("fax_calls");
	sends_by_t38_as_the_far_end_offers(page);
	receives_by_t38_as_we_offer(page);
	receives_in_the_sound_when_refused(page, FAX_FAR_REFUSES, 488);
	receives_in_the_sound_when_refused(page, FAX_FAR_IGNORES, 200);
	sends_in_the_sound_by_profile(page);
	ends_t38_with_a_hold(page);
	refuses_t38_without_fax(page);
	rig_close();
	(void)remove(page);
	return check_summary("fax_calls");
}
