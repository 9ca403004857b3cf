// tiny: emitted by pegasim for v1model (bmv2 simple_switch).
#include <core.p4>
#include <v1model.p4>

const bit<9> OUTPUT_PORT = 9w1;
const bit<16> RESULT_TYPE = 16w0x88b5;

header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type_;
}

header ip_t {
    bit<8> protocol;
    bit<16> len;
}

header pegasim_shim_t {
    bit<48> time;
}

header pegasim_result_t {
    bit<16> next_type;
    bit<16> class_index;
    bit<8> valid;
    bit<16> logit_0;
    bit<16> logit_1;
}

struct headers_t {
    pegasim_shim_t pegasim_shim;
    pegasim_result_t pegasim_result;
    eth_t eth;
    ip_t ip;
}

struct metadata_t {
    bit<4> slot;
    bit<32> owner;
    bit<2> status;
    bit<8> protocol;
    bit<16> sum;  // sum of one neuron
    bit<16> count;
    bit<1> class;
    bit<1> pegasim_parsed;
    bit<48> pegasim_time;
    bit<48> pegasim_xor_flow_hash_0;
}

parser PegasimParser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                     inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.pegasim_shim);
        meta.pegasim_time = hdr.pegasim_shim.time;
        transition parse_start;
    }
    state parse_start {
        packet.extract(hdr.eth);
        transition select(hdr.eth.type_) {
            16w0x800: parse_ip;
            default: pegasim_accept;
        }
    }
    state parse_ip {
        packet.extract(hdr.ip);
        meta.protocol = hdr.ip.protocol;
        transition pegasim_accept;
    }
    state pegasim_accept {
        meta.pegasim_parsed = 1w1;
        transition accept;
    }
    state pegasim_reject {
        transition accept;
    }
}

control PegasimVerifyChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control PegasimIngress(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    register<bit<16>>(32w16) reg_counts;

    @id(16777217)
    action do_find() {
        bit<32> crc_slot;
        hash(crc_slot, HashAlgorithm.crc32, 32w0, { meta.pegasim_xor_flow_hash_0 }, 64w0x100000000);
        meta.slot = (bit<4>)crc_slot;
        bit<32> crc_owner;
        hash(crc_owner, HashAlgorithm.crc32, 32w0, { meta.pegasim_xor_flow_hash_0 }, 64w0x100000000);
        meta.owner = crc_owner;
    }

    @id(16777218)
    action do_counted() {
        bit<32> cell = (bit<32>)meta.slot & 32w15;
        bit<16> lo;
        reg_counts.read(lo, cell);
        bit<1> c0 = (bit<1>)(lo < 16w7);
        bit<16> new_lo = lo;
        new_lo = (c0 == 1w1 ? lo + 16w1 : new_lo);
        reg_counts.write(cell, new_lo);
        meta.count = new_lo;
    }

    @id(16777219)
    action do_add(bit<16> d_w) {
        meta.sum = meta.sum + d_w;
    }

    @id(16777220)
    action do_skip() { }

    @id(16777222)
    action do_short() {
        meta.sum = 16w65535;
    }

    @id(16777221)
    action do_decide() {
        meta.class = meta.sum[15:15];
    }

    // XORs that the hash of the next table reads
    action xor_t_find_xor() {
        meta.pegasim_xor_flow_hash_0 = hdr.eth.src ^ hdr.eth.dst;
    }
    table xor_t_find {
        actions = { xor_t_find_xor; }
        const default_action = xor_t_find_xor();
    }
    @id(33554433)
    table t_find {
        actions = {
            do_find;
        }
        const default_action = do_find();
    }

    @id(33554434)
    table t_count {
        actions = {
            do_counted;
        }
        const default_action = do_counted();
    }

    // map of group 0
    @id(33554435)
    table t_map {
        key = {
            meta.protocol : ternary @name("protocol");
        }
        actions = {
            do_add;
            do_skip;
        }
        const default_action = do_skip();
        size = 512;
    }

    @id(33554436)
    table t_short {
        actions = {
            do_short;
        }
        const default_action = do_short();
    }

    @id(33554437)
    table t_decide {
        actions = {
            do_decide;
        }
        const default_action = do_decide();
    }

    action pegasim_verdict() {
        hdr.pegasim_result.setValid();
        hdr.pegasim_result.next_type = hdr.eth.type_;
        hdr.eth.type_ = RESULT_TYPE;
        hdr.pegasim_result.class_index = (bit<16>)meta.class;
        hdr.pegasim_result.valid = 8w1;
        hdr.pegasim_result.logit_0 = meta.sum;
        hdr.pegasim_result.logit_1 = meta.count;
    }
    apply {
        standard_metadata.egress_spec = OUTPUT_PORT;
        if (meta.pegasim_parsed == 1w1) {
            xor_t_find.apply();
            t_find.apply();
            t_count.apply();
            if (hdr.ip.isValid() && hdr.ip.len >= 16w64) {
                t_map.apply();
            } else {
                t_short.apply();
            }
            t_decide.apply();
            pegasim_verdict();
        }
    }
}

control PegasimEgress(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    apply {
    }
}

control PegasimComputeChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control PegasimDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.eth);
        packet.emit(hdr.pegasim_result);
        packet.emit(hdr.ip);
    }
}

V1Switch(
    PegasimParser(),
    PegasimVerifyChecksum(),
    PegasimIngress(),
    PegasimEgress(),
    PegasimComputeChecksum(),
    PegasimDeparser()
) main;
