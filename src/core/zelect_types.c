/*  =========================================================================
    zelect_types - the words of the project as strings

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_message.h"
#include "zelect_types.h"
#include "zelect_pure.h"

#define NAME_TABLE(count, value, table) ((unsigned) (value) < (count) ? (table) [value] : "?")
#define X(name, text) #name,
#define TEXT(name, text) text,

const char *
zelect_role_name (zelect_role_t role)
{
    static const char *const names [] = {ZELECT_ROLE_MAP (TEXT)};
    return NAME_TABLE (ZELECT_ROLES, role, names);
}

const char *
zelect_reason_name (zelect_reason_t reason)
{
    static const char *const names [] = {ZELECT_REASON_MAP (X)};
    return NAME_TABLE (ZELECT_REASONS, reason, names);
}

const char *
zelect_reason_text (zelect_reason_t reason)
{
    static const char *const texts [] = {ZELECT_REASON_MAP (TEXT)};
    return NAME_TABLE (ZELECT_REASONS, reason, texts);
}

const char *
zelect_report_name (zelect_report_t report)
{
    static const char *const names [] = {ZELECT_REPORT_MAP (X)};
    return NAME_TABLE (ZELECT_REPORTS, report, names);
}

const char *
zelect_report_text (zelect_report_t report)
{
    static const char *const texts [] = {ZELECT_REPORT_MAP (TEXT)};
    return NAME_TABLE (ZELECT_REPORTS, report, texts);
}

const char *
zelect_answer_text (zelect_answer_t answer)
{
    static const char *const texts [] = {ZELECT_ANSWER_MAP (TEXT)};
    return NAME_TABLE (ZELECT_ANSWERS, answer, texts);
}

#undef X
#define X(name) #name,

const char *
zelect_message_name (uint8_t kind)
{
    static const char *const names [] = {ZELECT_MESSAGE_MAP (X)};
    return NAME_TABLE (ZELECT_MESSAGES, kind, names);
}
