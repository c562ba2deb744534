#include "room.h"

#include "call.h"

struct room room;

struct call *room_call(int line, int32_t handle)
{
	for (int i = 0; i < TN_LINE_PLACES; i++)
		if (room.calls[line][i] && call_handle(room.calls[line][i]) == handle)
			return room.calls[line][i];
	return NULL;
}

void room_place(struct call *call, int line)
{
	for (int i = 0; i < TN_LINE_PLACES; i++)
		if (!room.calls[line][i]) {
			room.calls[line][i] = call;
			return;
		}
}

void room_remove(const struct call *call, int line)
{
	for (int i = 0; i < TN_LINE_PLACES; i++)
		if (room.calls[line][i] == call)
			room.calls[line][i] = NULL;
}

struct call *room_call_of(const struct sip_msg *message)
{
	for (int i = 0; i < TN_MAX_LINES * TN_LINE_PLACES; i++) {
		struct call *call = room.calls[i / TN_LINE_PLACES][i % TN_LINE_PLACES];

		if (call && call_is_of(call, message))
			return call;
	}
	return NULL;
}
