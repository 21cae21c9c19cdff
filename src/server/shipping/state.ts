import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildScheduleState, type ScheduleState } from '~/domain/backup-schedule.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'

const pathOf = (dataDir: string) => join(dataDir, 'backup-schedule.json')

/** Reads what is remembered of the schedule. Without a readable file, it has never run. */
export function readScheduleState(dataDir: string): ScheduleState {
  try {
    const state = JSON.parse(readFileSync(pathOf(dataDir), 'utf8'))
    return { ...buildScheduleState(''), ...state }
  } catch {
    return buildScheduleState('')
  }
}

export function writeScheduleState(dataDir: string, state: ScheduleState): void {
  writePrivateFile(pathOf(dataDir), `${JSON.stringify(state)}\n`)
}
