// Prints what `checkOnline` needs, for a program that runs elsewhere. Its argument is a name.
import { createTarget } from './live-setup.ts'

console.log(JSON.stringify(await createTarget(process.argv[2] ?? '')))
