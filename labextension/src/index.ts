import projector from './plugins/projector';

export default [projector];
