import cells from './plugins/cells';
import handshake from './plugins/handshake';
import panel from './plugins/panel';
import projector from './plugins/projector';
import sandbox from './plugins/sandbox';

export default [projector, handshake, cells, panel, sandbox];
