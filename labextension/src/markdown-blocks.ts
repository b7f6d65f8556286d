/**
 * Cuts Markdown that is still being written into blocks, so that only the last one is rendered again.
 *
 * A blank line outside a fence, a list's indentation or `$$` ends a block. What this cannot know
 * (reference links, a list that goes on behind a blank line) is right once the finished text is
 * rendered as a whole.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

export function markdownBlocks(text: string): readonly string[] {
  const blocks: string[] = [];
  let lines: string[] = [];
  let open = '';
  for (const line of text.split('\n')) {
    if (!open && line.trim() === '') {
      if (lines.length > 0) {
        blocks.push(lines.join('\n'));
        lines = [];
      }
      continue;
    }
    if (!open && lines.length === 0 && /^\s/.test(line) && blocks.length > 0) {
      // an indented line belongs to the list item above
      lines.push(blocks.pop() ?? '', '');
    }
    open = stillOpen(open, line);
    lines.push(line);
  }
  return lines.length > 0 ? [...blocks, lines.join('\n')] : blocks;
}

/** The fence (or `$$`) that is open behind this line; empty when there is none. */
function stillOpen(open: string, line: string): string {
  if (open === '$$') {
    return line.split('$$').length % 2 === 0 ? '' : open;
  }
  const [, fence, info] = FENCE.exec(line) ?? ['', '', ''];
  if (open) {
    return fence.startsWith(open) && info.trim() === '' ? '' : open;
  }
  if (fence && !(fence.startsWith('`') && info.includes('`'))) {
    return fence;
  }
  return line.split('$$').length % 2 === 0 ? '$$' : '';
}
