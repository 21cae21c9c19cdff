// Prints the files in which tests failed, if they account for all failures: scripts/failed-files.ts REPORT FAILURES
import { readSuites } from './junit.ts'

const [reportPath = '', failureCount] = process.argv.slice(2)
const failed = readSuites(reportPath).filter(({ failures }) => failures > 0)
const found = failed.reduce((total, { failures }) => total + failures, 0)
if (found === Number(failureCount)) for (const { file } of failed) console.log(`./${file}`)
