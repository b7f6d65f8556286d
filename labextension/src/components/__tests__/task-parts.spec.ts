import { taskParts } from '../task-parts';

describe('taskParts', () => {
  it('parts what was given along from the words', () => {
    const given = [
      { title: 'cell [1]', text: 'x = 1\n\nx < 2' },
      { title: 'selection in cell [2]', text: '<a>\n</a>' }
    ];
    const sent = given.map(({ title, text }) => `\n\n<${title}>\n${text}\n</${title}>`).join('');
    expect(taskParts(`Explain\nthis${sent}`)).toEqual({ words: 'Explain\nthis', given });
  });

  it('leaves a task alone that has none', () => {
    expect(taskParts('Is a <b> here?')).toEqual({ words: 'Is a <b> here?', given: [] });
  });
});
