/** A payload converter of an encoding that nobody else knows. */
export const CONVERTER = `
const { CompositePayloadConverter, UndefinedPayloadConverter } = require('@temporalio/common');
const turned = (text) => [...text].reverse().join('');
class Turned {
  encodingType = 'text/turned';
  toPayload(value) {
    const metadata = { encoding: new TextEncoder().encode(this.encodingType) };
    return { metadata, data: new TextEncoder().encode(turned(JSON.stringify(value))) };
  }
  fromPayload({ data }) {
    return JSON.parse(turned(new TextDecoder().decode(data)));
  }
}
exports.payloadConverter = new CompositePayloadConverter(new UndefinedPayloadConverter(), new Turned());
`;
