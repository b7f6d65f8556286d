/** Icons of our own, in JupyterLab's colours. */
import { LabIcon } from '@jupyterlab/ui-components';

function icon(name: string, paths: readonly string[]): LabIcon {
  const drawn = paths.map(path => `<path d="${path}"/>`).join('');
  const svgstr =
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    `<g class="jp-icon3 jp-icon-selectable" fill="#616161">${drawn}</g></svg>`;
  return new LabIcon({ name: `codeact:${name}`, svgstr });
}

/** A word balloon with a prompt in it. */
export const agentIcon = icon('agent', [
  'M20 3H4c-1.1 0-2 .9-2 2v16l4-4h14c1.1 0 2-.9 2-2V5c0-1.1-.9-2-2-2zm0 12H5.2L4 16.2V5h16v10z',
  'M7.4 6.8 6 8.2 7.8 10 6 11.8l1.4 1.4L10.6 10zM11 11.5h6v1.7h-6z'
]);

/** A cell with a plus: it goes along. */
export const addCellIcon = icon('add-cell', [
  'M21 5H3v9h8v-2H5V7h14v4h2z',
  'M17 13h2v3h3v2h-3v3h-2v-3h-3v-2h3z'
]);

/** A line that goes on in two. */
export const forkIcon = icon('fork', [
  'M7 3a3 3 0 0 0-1 5.83v6.34a3 3 0 1 0 2 0V13h4a4 4 0 0 0 4-4V8.83a3 3 0 1 0-2 0V9a2 2 0 0 1-2 2H8V8.83A3 3 0 0 0 7 3z'
]);

export const pictureIcon = icon('picture', [
  'M21 5v14H3V5h18m0-2H3c-1.1 0-2 .9-2 2v14c0 1.1.9 2 2 2h18c1.1 0 2-.9 2-2V5c0-1.1-.9-2-2-2z',
  'M14.1 11.9l-3 3.87L9 13.14 6 17h12z'
]);

/** A shield. */
export const permissionsIcon = icon('permissions', [
  'M12 1 3 5v6c0 5.55 3.84 10.74 9 12 5.16-1.26 9-6.45 9-12V5zm0 2.18 7 3.12V11c0 4.52-2.98 8.69-7 9.93C7.98 19.69 5 15.52 5 11V6.3z',
  'M10.4 13.2 8.2 11l-1.4 1.4 3.6 3.6 6.8-6.8-1.4-1.4z'
]);
