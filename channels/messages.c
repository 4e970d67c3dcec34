/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/messages.h"

#include "channels/display/slots.h"

/* Sides and positions stop at the slots' cap, so that nothing later has to think of 16-bit overflow. What a
 * table cannot say (right after left, pixels of that size, a slot that the sender owns) the receiver checks.
 */
#define SIDE(type_, member_, min_) WIRE_INT(WIRE_U16, type_, member_, min_, SLOT_SIDE_MAX)

/* [MS-RDPBCGR] 2.2.8.1.1.3.1.1.1: extended, extended1, down, release. */
#define KEY_FLAGS_MAX 0xC300

static const struct wire_field credit_fields[] = {
    WIRE_INT(WIRE_U32, struct channel_credit, slot, 0, SLOT_COUNT - 1),
};

static const struct wire_field key_fields[] = {
    WIRE_INT(WIRE_U16, struct channel_key, flags, 0, KEY_FLAGS_MAX),
    WIRE_INT(WIRE_U16, struct channel_key, code, 0, UINT16_MAX),
};

static const struct wire_field mouse_fields[] = {
    WIRE_INT(WIRE_U16, struct channel_mouse, flags, 0, UINT16_MAX),
    WIRE_INT(WIRE_U16, struct channel_mouse, x, 0, UINT16_MAX),
    WIRE_INT(WIRE_U16, struct channel_mouse, y, 0, UINT16_MAX),
};

static const struct wire_field relative_fields[] = {
    WIRE_INT(WIRE_U16, struct channel_mouse_relative, flags, 0, UINT16_MAX),
    WIRE_INT(WIRE_I32, struct channel_mouse_relative, dx, INT16_MIN, INT16_MAX),
    WIRE_INT(WIRE_I32, struct channel_mouse_relative, dy, INT16_MIN, INT16_MAX),
};

static const struct wire_field none_fields[] = {
    WIRE_INT(WIRE_U32, struct channel_value, value, 0, 0),
};

static const struct wire_field switch_fields[] = {
    WIRE_INT(WIRE_U32, struct channel_value, value, 0, 1),
};

/* Scroll, num, caps, kana: one bit each. */
static const struct wire_field lock_fields[] = {
    WIRE_INT(WIRE_U32, struct channel_value, value, 0, 15),
};

static const struct wire_field hello_fields[] = {
    WIRE_INT(WIRE_U32, struct channel_hello, width, 1, SLOT_SIDE_MAX),
    WIRE_INT(WIRE_U32, struct channel_hello, height, 1, SLOT_SIDE_MAX),
    WIRE_STRING(WIRE_TEXT, struct channel_hello, backend, 0),
};

static const struct wire_field rect_fields[] = {
    SIDE(struct channel_rect, left, 0),
    SIDE(struct channel_rect, top, 0),
    SIDE(struct channel_rect, right, 1),
    SIDE(struct channel_rect, bottom, 1),
};

static const struct wire_field frame_fields[] = {
    WIRE_INT(WIRE_U32, struct channel_frame, slot, 0, SLOT_COUNT - 1),
    WIRE_INT(WIRE_U32, struct channel_frame, sequence, 1, UINT32_MAX),
    WIRE_INT(WIRE_U64, struct channel_frame, captured_us, 0, 0),
    WIRE_ARRAY(WIRE_LIST, struct channel_frame, rects, rect_count, 0, rect_fields, WIRE_COUNT(rect_fields)),
};

static const struct wire_field pointer_fields[] = {
    WIRE_INT(WIRE_U16, struct channel_pointer, width, 1, CHANNEL_POINTER_MAX),
    WIRE_INT(WIRE_U16, struct channel_pointer, height, 1, CHANNEL_POINTER_MAX),
    WIRE_INT(WIRE_U16, struct channel_pointer, hot_x, 0, CHANNEL_POINTER_MAX - 1),
    WIRE_INT(WIRE_U16, struct channel_pointer, hot_y, 0, CHANNEL_POINTER_MAX - 1),
    WIRE_INT(WIRE_U16, struct channel_pointer, top, 0, CHANNEL_POINTER_MAX - 1),
    WIRE_ARRAY(WIRE_BYTES, struct channel_pointer, pixels, size, 0, NULL, 0),
};

static const struct wire_field position_fields[] = {
    WIRE_INT(WIRE_U16, struct channel_position, x, 0, UINT16_MAX),
    WIRE_INT(WIRE_U16, struct channel_position, y, 0, UINT16_MAX),
};

#define MESSAGE(id_, name_, type_, fields_)                                                                  \
    {                                                                                                        \
        .id = (id_), .name = (name_), .size = sizeof(type_), .fields = (fields_),                            \
        .nfields = WIRE_COUNT(fields_)                                                                       \
    }

static const struct wire_message channel_messages[] = {
    MESSAGE(CHANNEL_CREDIT, "credit", struct channel_credit, credit_fields),
    MESSAGE(CHANNEL_KEY, "key", struct channel_key, key_fields),
    MESSAGE(CHANNEL_UNICODE, "unicode", struct channel_key, key_fields),
    MESSAGE(CHANNEL_MOUSE, "mouse", struct channel_mouse, mouse_fields),
    MESSAGE(CHANNEL_MOUSE_EXTENDED, "mouse-extended", struct channel_mouse, mouse_fields),
    MESSAGE(CHANNEL_MOUSE_RELATIVE, "mouse-relative", struct channel_mouse_relative, relative_fields),
    MESSAGE(CHANNEL_LOCKS, "locks", struct channel_value, lock_fields),
    MESSAGE(CHANNEL_RELEASE, "release", struct channel_value, none_fields),
    MESSAGE(CHANNEL_REFRESH, "refresh", struct channel_value, none_fields),
    MESSAGE(CHANNEL_SUPPRESS, "suppress", struct channel_value, switch_fields),
    MESSAGE(CHANNEL_HELLO, "hello", struct channel_hello, hello_fields),
    MESSAGE(CHANNEL_FRAME, "frame", struct channel_frame, frame_fields),
    MESSAGE(CHANNEL_POINTER, "pointer", struct channel_pointer, pointer_fields),
    MESSAGE(CHANNEL_POINTER_HIDE, "pointer-hide", struct channel_value, none_fields),
    MESSAGE(CHANNEL_POINTER_MOVE, "pointer-move", struct channel_position, position_fields),
    MESSAGE(CHANNEL_INDICATORS, "indicators", struct channel_value, lock_fields),
};

const struct wire_table channel_table = {
    .name = "channel",
    .version = CHANNEL_VERSION,
    .messages = channel_messages,
    .nmessages = WIRE_COUNT(channel_messages),
};
