import { listClockCases } from './clock.ts'
import { listImportCases } from './imports.ts'
import { listNoAnswerCases } from './no-answer.ts'
import { listRecordCases } from './records.ts'
import { listStories } from './stories.ts'
import { listVerdictCases } from './verdicts.ts'

/** Returns the contents of `judge.json`. */
export function buildJudgeVectors() {
  return {
    about: [
      'Calls of the judge, and what they must return: see README.md, "The judge".',
      'The first step gets "record", every other one the record that the step before returned, after it was written as JSON and read again. "options" of a step replace those of the case, member by member.',
      'A step has one of "outcome" (null: no request was made), "importFile" and "importRevocations". If "expected" has "error", the import fails with this code.',
      'In "expected", compare "state", "refresh" and "record". A member that is null must be null or absent. Compare "message" only if it is there.',
    ],
    cases: [
      ...listVerdictCases(),
      ...listNoAnswerCases(),
      ...listRecordCases(),
      ...listClockCases(),
      ...listImportCases(),
      ...listStories(),
    ],
  }
}
