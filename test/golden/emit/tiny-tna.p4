// tiny: emitted by pegasim for Tofino (TNA).
#include <core.p4>
#include <tna.p4>

const PortId_t OUTPUT_PORT = 9w1;
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

header pegasim_result_t {
    bit<16> next_type;
    bit<16> class_index;
    bit<8> valid;
    bit<16> logit_0;
    bit<16> logit_1;
}

@pa_auto_init_metadata
struct ingress_headers_t {
    pegasim_result_t pegasim_result;
    eth_t eth;
    ip_t ip;
}

struct ingress_metadata_t {
    bit<4> slot;
    bit<32> owner;
    bit<2> status;
    bit<8> protocol;
    bit<16> sum;  // sum of one neuron
    bit<16> count;
    bit<1> class;
    bit<1> pegasim_parsed;
    bit<48> pegasim_xor_flow_hash_0;
}

struct egress_headers_t { }

struct egress_metadata_t { }

parser PegasimIngressParser(packet_in packet, out ingress_headers_t hdr, out ingress_metadata_t meta,
                            out ingress_intrinsic_metadata_t ig_intr_md) {
    state start {
        packet.extract(ig_intr_md);
        packet.advance(PORT_METADATA_SIZE);
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

control PegasimIngress(inout ingress_headers_t hdr, inout ingress_metadata_t meta,
                       in ingress_intrinsic_metadata_t ig_intr_md,
                       in ingress_intrinsic_metadata_from_parser_t ig_prsr_md,
                       inout ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md,
                       inout ingress_intrinsic_metadata_for_tm_t ig_tm_md) {
    Register<bit<16>, bit<4>>(32w16, 16w0) reg_counts;
    RegisterAction<bit<16>, bit<4>, bit<16>>(reg_counts) salu_count = {
        void apply(inout bit<16> value, out bit<16> rv0) {
            if (value < 16w7) {
                value = value + 16w1;
            }
            rv0 = value;
        }
    };
    Hash<bit<4>>(HashAlgorithm_t.CRC32) hash_find_slot;
    Hash<bit<32>>(HashAlgorithm_t.CRC32) hash_find_owner;

    action do_find() {
        meta.slot = hash_find_slot.get({ meta.pegasim_xor_flow_hash_0 });
        meta.owner = hash_find_owner.get({ meta.pegasim_xor_flow_hash_0 });
    }

    action do_counted() {
        meta.count = salu_count.execute(meta.slot);
    }

    action do_add(bit<16> d_w) {
        meta.sum = meta.sum + d_w;
    }

    action do_skip() { }

    action do_short() {
        meta.sum = 16w65535;
    }

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
    table t_find {
        actions = {
            do_find;
        }
        const default_action = do_find();
    }

    table t_count {
        actions = {
            do_counted;
        }
        const default_action = do_counted();
    }

    // map of group 0
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

    table t_short {
        actions = {
            do_short;
        }
        const default_action = do_short();
    }

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
        ig_tm_md.ucast_egress_port = OUTPUT_PORT;
        ig_tm_md.bypass_egress = 1w1;
        if (ig_prsr_md.parser_err == PARSER_ERROR_OK && meta.pegasim_parsed == 1w1) {
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

control PegasimIngressDeparser(packet_out packet, inout ingress_headers_t hdr, in ingress_metadata_t meta,
                               in ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md) {
    apply {
        packet.emit(hdr.eth);
        packet.emit(hdr.pegasim_result);
        packet.emit(hdr.ip);
    }
}

parser PegasimEgressParser(packet_in packet, out egress_headers_t hdr, out egress_metadata_t meta,
                           out egress_intrinsic_metadata_t eg_intr_md) {
    state start {
        packet.extract(eg_intr_md);
        transition accept;
    }
}

control PegasimEgress(inout egress_headers_t hdr, inout egress_metadata_t meta,
                      in egress_intrinsic_metadata_t eg_intr_md,
                      in egress_intrinsic_metadata_from_parser_t eg_prsr_md,
                      inout egress_intrinsic_metadata_for_deparser_t eg_dprsr_md,
                      inout egress_intrinsic_metadata_for_output_port_t eg_oport_md) {
    apply { }
}

control PegasimEgressDeparser(packet_out packet, inout egress_headers_t hdr, in egress_metadata_t meta,
                              in egress_intrinsic_metadata_for_deparser_t eg_dprsr_md) {
    apply { }
}

Pipeline(PegasimIngressParser(), PegasimIngress(), PegasimIngressDeparser(),
         PegasimEgressParser(), PegasimEgress(), PegasimEgressDeparser()) pipe;

Switch(pipe) main;
