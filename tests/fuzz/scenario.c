/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as one of rdsim's scenarios: it is refused with a line number, or what came of it can be played
 * without a look at the text. */
#include "fuzz.h"
#include "tests/rdsim/scenario.h"

/* The words that steps.c knows, without what they do. */
static const struct step known[] = {
    {"AcceptConnection", NULL, true, STEP_BOTH, 0},  {"GetClientData", NULL, true, STEP_BOTH, 0},
    {"QueryProperty", NULL, false, STEP_BOTH, 3},    {"NotifySessionId", NULL, false, STEP_BOTH, 1},
    {"ConnectNotify", NULL, false, STEP_BOTH, 1},    {"SetErrorInfo", NULL, false, STEP_BOTH, 1},
    {"DisconnectNotify", NULL, false, STEP_BOTH, 0}, {"Close", NULL, false, STEP_BOTH, 0},
    {"SendPolicyData", NULL, false, STEP_LEGACY, 0}, {"OnDriverLoad", NULL, false, STEP_RDS, 2},
};

const struct step *step_find(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return NULL;
}

static void walk_steps(const struct scenario *self, const struct act *act)
{
    MUST(act->first_step <= self->step_count && act->step_count <= self->step_count - act->first_step);
    for (unsigned i = act->first_step; i < act->first_step + act->step_count; i++) {
        const struct scenario_step *step = &self->steps[i];

        MUST(step->step && step->times >= 1 && step->times <= SCENARIO_TIMES_MAX);
        for (unsigned k = 0; k < STEP_ARGUMENTS_MAX; k++)
            MUST(!step->argument[k] || strlen(step->argument[k]) < SCENARIO_FILE_MAX);
    }
}

static void walk(const struct scenario *self)
{
    MUST(self->client_count <= SCENARIO_CLIENTS_MAX && self->act_count <= SCENARIO_ACTS_MAX);
    MUST(self->step_count <= SCENARIO_STEPS_MAX);
    for (unsigned i = 0; i < self->act_count; i++) {
        const struct act *act = &self->acts[i];

        MUST(act->service <= 1 && act->thread <= SCENARIO_THREADS_MAX);
        MUST(act->kind <= ACT_REPEAT);
        MUST(self->client_count == 0 || act->client < self->client_count);
        switch (act->kind) {
        case ACT_CLIENT:
        case ACT_SAY:
        case ACT_HEAR:
            MUST(act->text);
            break;
        case ACT_STEPS:
        case ACT_ON:
            walk_steps(self, act);
            break;
        case ACT_TOGETHER:
        case ACT_REPEAT:
            MUST(act->end > i && act->end <= self->act_count);
            break;
        default:
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario *scenario = NULL;
    char problem[256];

    if (scenario_parse((const char *)data, size, &scenario, problem, sizeof problem)) {
        walk(scenario);
        scenario_destroy(scenario);
    } else {
        MUST(!scenario && problem[0]);
    }
    return 0;
}
