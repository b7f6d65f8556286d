/** What a person is asked about is shown as it is: nothing in it can hide. */
import { readFileSync } from 'fs';
import { join } from 'path';
import { visible } from '../visible';

const GOLDEN = join(__dirname, '../../../tests/golden/visible.json');
const HIDING = Object.entries(JSON.parse(readFileSync(GOLDEN, 'utf-8')) as Record<string, string>);

test.each(HIDING)('what code would hide is visible: %j', (code, shown) => {
  expect(visible(code)).toBe(shown);
});
