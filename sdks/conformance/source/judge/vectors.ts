import { listClockCases } from './clock.ts'
import { listImportFeedCases } from './import-feeds.ts'
import { listImportFileCases } from './import-files.ts'
import { listNoAnswerCases } from './no-answer.ts'
import { listPlainVerdictCases } from './plain-verdicts.ts'
import { listRecordAnswerCases } from './record-answers.ts'
import { listRecordFileCases } from './record-files.ts'
import { listRecordLeaseCases } from './record-leases.ts'
import { listSignedVerdictCases } from './signed-verdicts.ts'
import { listStories } from './stories.ts'

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
      ...listSignedVerdictCases(),
      ...listPlainVerdictCases(),
      ...listNoAnswerCases(),
      ...listRecordLeaseCases(),
      ...listRecordFileCases(),
      ...listRecordAnswerCases(),
      ...listClockCases(),
      ...listImportFileCases(),
      ...listImportFeedCases(),
      ...listStories(),
    ],
  }
}
