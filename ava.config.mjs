// The longest files first: one that starts last runs alone while the other core has nothing to do.
const LONGEST = ['test/faults/', 'test/e2e/', 'test/rest/sign-in', 'test/agent/', 'test/protocol/gateway', 'test/rest/']

const rankOf = (file) => {
  const found = LONGEST.findIndex((part) => file.includes(part))
  return found < 0 ? LONGEST.length : found
}

export default {
  concurrency: 3,
  extensions: ['ts'],
  files: ['{proto,sdk,agent,emulator,control-plane}/src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
  nodeArguments: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
  sortTestFiles: (one, other) => rankOf(one) - rankOf(other),
  require: ['./test/support/no-source-maps.ts'],
  timeout: '3m',
}
