const jestJupyterLab = require('@jupyterlab/testing/lib/jest-config');

// JupyterLab's own set-up: its packages are ES modules that babel has to translate for jest.
module.exports = {
  ...jestJupyterLab(__dirname),
  reporters: ['default'],
  testPathIgnorePatterns: ['/lib/', '/node_modules/'],
  testRegex: 'src/.*__tests__/.*\\.spec\\.tsx?$'
};
