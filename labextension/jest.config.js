const jestJupyterLab = require('@jupyterlab/testing/lib/jest-config');

// These packages are ES modules, which babel has to translate for jest.
const translated = [
  '@codemirror',
  '@jupyter',
  '@jupyterlab',
  '@marijn',
  '@microsoft',
  '@rjsf',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

module.exports = {
  ...jestJupyterLab(__dirname),
  reporters: ['default'],
  testPathIgnorePatterns: ['/lib/', '/node_modules/'],
  testRegex: 'src/.*__tests__/.*\\.spec\\.tsx?$',
  transformIgnorePatterns: [`/node_modules/(?!(${translated})).+`]
};
