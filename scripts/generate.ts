import { generateAll } from './generated.ts'

await generateAll()
process.stdout.write('generated code written\n')
