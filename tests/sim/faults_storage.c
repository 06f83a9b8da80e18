/*  =========================================================================
    faults_storage - what may happen to records and resources

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "run.h"

//  ----  Saving  --------------------------------------------------------------

void
fault_slow_sync (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++)
        run->sim.nodes [node].save_ns = run_part (action, node, 80) * ZELECT_MS;
}

static void
s_mend_disk (run_t *run, unsigned node)
{
    run->sim.nodes [node].save_ns = ZELECT_MS;
}

void
fault_slow_disk (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    unsigned save_ms = run_part (action, 0, 2000);
    run_say (run, "set n%u save=%u", node + 1, save_ms);
    run->sim.nodes [node].save_ns = save_ms * ZELECT_MS;
    run_later (run, 3000 * ZELECT_MS, s_mend_disk, node);
}

static void
s_fail_next (run_t *run, const action_t *action, sim_save_t how)
{
    unsigned node = run_node (run, action);
    run_say (run, "fail n%u", node + 1);
    run->sim.nodes [node].disk.fails = (uint8_t) how;
}

void
fault_eio_write (run_t *run, const action_t *action)
{
    s_fail_next (run, action, SIM_SAVE_EIO_WRITE);
}

void
fault_eio_sync (run_t *run, const action_t *action)
{
    s_fail_next (run, action, SIM_SAVE_EIO_SYNC);
}

void
fault_enospc (run_t *run, const action_t *action)
{
    s_fail_next (run, action, SIM_SAVE_ENOSPC);
}

void
fault_short_write (run_t *run, const action_t *action)
{
    s_fail_next (run, action, SIM_SAVE_SHORT);
}

void
fault_torn_slot (run_t *run, const action_t *action)
{
    (void) action;
    run->sim.crash_stages |= 1u << 1 | 1u << 3;
}

void
fault_half_saved (run_t *run, const action_t *action)
{
    (void) action;
    run->sim.crash_stages |= 1u << 2 | 1u << 4;
}

void
fault_lost_write (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    for (unsigned step = 0; step < 50 && sim_runs (&run->sim, node); step++) {
        if (run->sim.nodes [node].write_done != ZELECT_NEVER) {
            run_kill (run, node);
            return;
        }
        run_pass (run, ZELECT_MS / 2);
    }
}

//  ----  What lies there  -----------------------------------------------------

//  Only one of the two slots is ever bad by nature's hand: the store promises
//  nothing where both are.

static bool
s_is_sound (const sim_disk_t *disk)
{
    return disk->slots [0].is_good && disk->slots [1].is_good && !disk->misdirects
           && disk->slots [0].seq == disk->slots [1].seq;
}

void
fault_bit_rot (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (!s_is_sound (&run->sim.nodes [node].disk))
        return;
    run_say (run, "rot n%u", node + 1);
    sim_disk_rot (&run->sim.nodes [node].disk, run_part (action, 0, 2));
}

void
fault_misdirected (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (!s_is_sound (&run->sim.nodes [node].disk))
        return;
    run_say (run, "misdirect n%u", node + 1);
    run->sim.nodes [node].disk.misdirects = true;
}

void
fault_rolled_back (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (!s_is_sound (&run->sim.nodes [node].disk))
        return;
    run_say (run, "roll back a slot of n%u", node + 1);
    sim_disk_roll_back (&run->sim.nodes [node].disk, run_part (action, 0, 2));
}

static void
s_give_back (run_t *run, unsigned node)
{
    run->sim.nodes [node].disk.is_foreign = false;
}

void
fault_wrong_owner (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (run->sim.nodes [node].options.is_volatile)
        return;
    if (run->sim.nodes [node].is_up)
        run_kill (run, node);
    run->sim.nodes [node].disk.is_foreign = true;
    run_start (run, node);
    run_later (run, 500 * ZELECT_MS, s_give_back, node);
}

void
fault_missing (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (run->sim.nodes [node].is_up)
        run_kill (run, node);
    run_say (run, "lose n%u", node + 1);
    sim_lose (&run->sim, node);
    run_start (run, node);
}

//  ----  Resources  -----------------------------------------------------------

//  Without descriptors a node starts, but what connections it loses stay lost.

static void
s_reconnect (run_t *run, unsigned node)
{
    for (unsigned other = 0; other < run->sim.count; other++) {
        sim_heal (&run->sim, node, other);
        sim_heal (&run->sim, other, node);
    }
}

void
fault_emfile (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    run_say (run, "cut some links of n%u", node + 1);
    for (unsigned other = 0; other < run->sim.count; other++)
        if (other != node && run_part (action, other, 2)) {
            sim_cut (&run->sim, node, other);
            sim_cut (&run->sim, other, node);
        }
    run_later (run, run_part (action, 99, 4000) * ZELECT_MS, s_reconnect, node);
}

static void
s_may_start (run_t *run, unsigned node)
{
    run->cannot_start &= ~(UINT64_C (1) << node);
    run_start (run, node);
}

static void
s_start_in_vain (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (run->sim.nodes [node].is_up)
        run_kill (run, node);
    run->cannot_start |= UINT64_C (1) << node;
    run_later (run, run_part (action, 0, 2000) * ZELECT_MS, s_may_start, node);
}

void
fault_no_memory (run_t *run, const action_t *action)
{
    s_start_in_vain (run, action);
}

void
fault_no_thread (run_t *run, const action_t *action)
{
    s_start_in_vain (run, action);
}
