import { pictureOf } from '../attaching';

describe('pictureOf', () => {
  it('is the picture in base64, with its name', async () => {
    const bytes = new Uint8Array([137, 80, 78, 71]);
    const file = new File([bytes], 'dot.png', { type: 'image/png' });
    Object.assign(file, { arrayBuffer: () => Promise.resolve(bytes.buffer) }); // jsdom has none
    expect(await pictureOf(file)).toEqual({
      key: 'image dot.png 8',
      kind: 'image',
      title: 'dot.png',
      mime: 'image/png',
      data: 'iVBORw=='
    });
  });
});
