// wsload: how fast one room reaches all who listen. One thread; N subscribers, one publisher.
//   cc -O2 -o wsload wsload.c
//   wsload -p PORT -n SUBSCRIBERS -u PATH [-H HEADER] [-J JOIN FRAME]  -U PATH [-x HEADERS FILE -T TEMPLATE] ...
// Subscribers open a websocket on -u with the extra header line -H. With -J each sends that text frame first and is ready
// when a frame holding "joined" has come.
// The publisher is a websocket on -U; or with -x it is HTTP: one connection for each line of the file (a header line, as
// of a token), each with one POST in flight, whose body is -T with %M replaced by the marker.
// Publishers go to -p like everybody, or to another process of the service at -o.
// Mode -m rate: -r messages a second; -m sat: always -w messages in flight. For -d seconds after -W of warm-up.
// A message is known by the marker in its text; its latency runs from before it was sent to when it was read.
// -P: the server's processes, -Q: the database's, with their children: their CPU time per delivery.
#define _GNU_SOURCE
#include "room.h"

static double connect_all(void) {
    uint64_t start = now_ns();
    while (ready < subscribers) {
        while (started < subscribers && started - ready < opening) start_connection(&connections[started++]);
        pump(100);
        if (dead || now_ns() - start > 90e9) {
            fprintf(stderr, "only %d of %d subscribers are ready, %d were closed\n", ready, subscribers, dead);
            exit(1);
        }
    }
    double took = (now_ns() - start) / 1e9;
    for (int i = 0; i < publishers; i++) start_connection(&connections[subscribers + i]);
    while (publishers_ready < publishers) pump(100);
    return took;
}

// One phase; how long it took including the wait for the last deliveries (at most 5 s).
static double run_phase(double for_seconds) {
    uint64_t start = now_ns(), next = start, end = start + for_seconds * 1e9;
    while (now_ns() < end) {
        if (!strcmp(mode, "sat")) {
            while (sequence - complete < in_flight && publish()) continue;
            pump(10);
        } else if (now_ns() >= next) {
            if (publish()) next += 1e9 / rate;
            else pump(1);
        } else {
            long ms = (next - now_ns()) / 1000000;
            pump(ms > 20 ? 20 : ms);
        }
    }
    uint64_t last = now_ns(), give_up = last + 5e9;
    while (complete < sequence && now_ns() < give_up) {
        pump(10);
        last = now_ns();
    }
    return (last - start) / 1e9;
}

static void read_headers(const char *file) {
    char line[1024];
    FILE *f = fopen(file, "r");
    if (!f) die(file);
    for (publishers = 0; publishers < 256 && fgets(line, sizeof line, f); publishers++) {
        line[strcspn(line, "\r\n")] = 0;
        publisher_headers[publishers] = strdup(line);
    }
    fclose(f);
    over_http = 1;
}

static int read_options(int count, char **words) {
    for (int o; (o = getopt(count, words, "p:o:n:u:H:J:U:x:T:m:r:w:d:W:s:c:k:P:Q:")) != -1;) switch (o) {
        case 'p': port = atoi(optarg); break;
        case 'o': publish_port = atoi(optarg); break;
        case 'n': subscribers = atoi(optarg); break;
        case 'u': path = optarg; break;
        case 'H': header = optarg; break;
        case 'J': join_frame = optarg; break;
        case 'U': publish_path = optarg; break;
        case 'x': read_headers(optarg); break;
        case 'T': template = optarg; break;
        case 'm': mode = optarg; break;
        case 'r': rate = atof(optarg); break;
        case 'w': in_flight = atoi(optarg); break;
        case 'd': seconds = atof(optarg); break;
        case 'W': warm = atof(optarg); break;
        case 's': size = atoi(optarg); break;
        case 'c': opening = atoi(optarg); break;
        case 'k': idle_seconds = atof(optarg); break;
        case 'P': watch(&server, optarg); break;
        case 'Q': watch(&database, optarg); break;
        default: return 0;
    }
    return !over_http || (template && strstr(template, "%M"));
}

int main(int count, char **words) {
    signal(SIGPIPE, SIG_IGN);
    if (!read_options(count, words)) return 2;
    raise_open_files();
    connections = calloc(subscribers + publishers, sizeof(Connection));
    copies = calloc(MARKS, sizeof(int));
    poll_fd = epoll_create1(0);
    Usage before = usage_of(&server);
    double connecting = connect_all();
    pump_for(idle_seconds);
    Usage open = usage_of(&server);
    run_phase(warm);
    long first = sequence, before_deliveries = deliveries, before_bytes = delivered_bytes;
    Usage s0 = usage_of(&server), d0 = usage_of(&database);
    double own = own_cpu_us();
    counting = 1;
    double wall = run_phase(seconds);
    own = own_cpu_us() - own;
    Usage s1 = usage_of(&server), d1 = usage_of(&database);
    long messages = sequence - first, made = deliveries - before_deliveries;
    double each = made ? made : 1;
    printf("{\"subscribers\":%d,\"connections_per_s\":%.0f,\"connection_us\":%.0f,\"connection_kib\":%.2f,\"messages\":%ld,"
           "\"deliveries\":%ld,\"lost\":%ld,\"closed\":%d,\"wall\":%.2f,\"per_s\":%.0f,\"bytes_each\":%.0f,\"p50_ms\":%.2f,"
           "\"p99_ms\":%.2f,\"max_ms\":%.2f,\"server_us\":%.3f,\"user_us\":%.3f,\"system_us\":%.3f,\"database_us\":%.3f,"
           "\"generator_us\":%.3f,\"server_busy\":%.2f,\"generator_busy\":%.2f}\n",
           subscribers, subscribers / connecting, (open.cpu_us - before.cpu_us) / subscribers,
           (open.private_kib - before.private_kib) / subscribers, messages, made, messages * (long)subscribers - made, dead,
           wall, made / wall, (delivered_bytes - before_bytes) / each, quantile_ms(.5), quantile_ms(.99),
           quantile_ms(.9999999), (s1.cpu_us - s0.cpu_us) / each, (s1.user_us - s0.user_us) / each,
           (s1.system_us - s0.system_us) / each, (d1.cpu_us - d0.cpu_us) / each, own / each,
           (s1.cpu_us - s0.cpu_us) / 1e6 / wall, own / 1e6 / wall);
    return 0;
}
