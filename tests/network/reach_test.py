"""Goal: clients whose network lets them reach a TURN server only, and workers behind 1:1 NAT, get on with each other by
configuration; and those who have IPv6 alone between them. Method: three machines in a row; coturn, or nftables' address translation, in the middle one; a worker;
and aiortc as client, which is told of the servers by the worker's own Link headers."""
import subprocess
import unittest

from machines import INSIDE, OUTSIDE, WORKER, Answer, Peer, Row, Worker, enter, wait_for

SECRET = "a-secret-that-coturn-and-we-share"
PUBLIC = "10.79.0.100"


def on_stage(worker, name):
    return lambda: next((entry for entry in worker.speakers() if entry["name"] == name and entry["connection"] == "connected"
                         and entry["audioPackets"] > 50), None)


class Turn(unittest.TestCase):
    def start_turn(self, row):
        row.middle.start(
            "turnserver", "-n", "--log-file=stdout", "--listening-ip", OUTSIDE, "--relay-ip", INSIDE, "--realm", "test",
            "--use-auth-secret", "--static-auth-secret", SECRET, "--no-cli", "--no-tls", "--no-dtls", "--pidfile", "/dev/null",
            "--userdb", str(row.folder / "turn.db"), log="turn.log")
        wait_for("coturn", lambda: ":3478 " in row.middle.run("ss", "-lun"))

    def test_who_reaches_only_a_turn_server_gets_on_stage(self):
        with Row() as row:
            self.start_turn(row)
            (row.folder / "secret").write_text(SECRET + "\n")
            worker = Worker(row, "--stun", f"stun:{OUTSIDE}", "--turn", f"turn:{OUTSIDE}:3478?transport=udp",
                            "--turn-secret-file", str(row.folder / "secret"))
            unreachable = subprocess.run([*row.client.enter, "ping", "-c", "1", "-W", "1", WORKER], capture_output=True)
            self.assertNotEqual(unreachable.returncode, 0)

            stun, turn = self.servers(worker)
            self.assertEqual(stun, {"url": f"stun:{OUTSIDE}", "rel": "ice-server"})
            self.assertEqual(turn["url"], f"turn:{OUTSIDE}:3478?transport=udp")
            self.assertEqual(turn["credential-type"], "password")

            stranger = Peer(row, {**turn, "credential": "guessed"})
            self.assertIn("failed", stranger.hear())

            peer = Peer(row, turn)
            answer = worker.join(peer.hear()["offer"], "Ada")
            self.assertEqual(answer.status, 201)
            self.assertEqual(answer.links()[1]["url"], turn["url"])
            peer.tell(answer=answer.body)
            chosen = peer.hear()
            self.assertEqual(chosen, {"connected": True, "local": "relay", "remote": WORKER}, row.log("turn.log"))
            wait_for("Ada's sound", on_stage(worker, "Ada"))

    def servers(self, worker):
        """What a page asks before it offers."""
        answer = Answer(worker.row.worker.run("curl", "-si", "http://127.0.0.1:8080/spaces/demo/stage"))
        self.assertEqual(answer.status, 204)
        return answer.links()


class Nat(unittest.TestCase):
    def test_a_worker_behind_nat_is_reached_by_its_public_address(self):
        with Row() as row:
            # As clouds do it: the public address stands for the worker, whole; its own is reached by nobody.
            row.middle.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
            row.middle.run("nft", "-f", "-", text=f"""
                table ip nat {{
                  chain arriving {{ type nat hook prerouting priority dstnat; ip daddr {PUBLIC} dnat to {WORKER}; }}
                  chain leaving {{ type nat hook postrouting priority srcnat; ip saddr {WORKER} snat to {PUBLIC}; }}
                  chain between {{
                    type filter hook forward priority filter; policy drop;
                    ct status dnat,snat accept
                  }}
                }}""")
            row.middle.run("ip", "addr", "add", f"{PUBLIC}/24", "dev", "out")
            row.worker.run("ip", "route", "add", "default", "via", INSIDE)
            row.client.run("ip", "route", "add", "default", "via", OUTSIDE)
            worker = Worker(row, "--ice-public-address", PUBLIC, "--ice-ports", "50000-50019")
            peer = Peer(row)
            answer = worker.join(peer.hear()["offer"], "Ada")
            self.assertEqual(answer.status, 201)
            candidates = [line.split() for line in answer.body.splitlines() if line.startswith("a=candidate:")]
            self.assertEqual([candidate[4] for candidate in candidates], [PUBLIC])
            self.assertIn(int(candidates[0][5]), range(50000, 50020))
            peer.tell(answer=answer.body)
            chosen = peer.hear()
            self.assertEqual(chosen, {"connected": True, "local": "host", "remote": PUBLIC})
            wait_for("Ada's sound", on_stage(worker, "Ada"))


class Ipv6(unittest.TestCase):
    def test_a_network_without_ipv4_between_them_will_do(self):
        with Row() as row:
            row.middle.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
            for end, device, net in ((row.worker, "in", "fd78::"), (row.client, "out", "fd79::")):
                # Nobody else is there: an address need not wait until that is known.
                end.run("ip", "addr", "add", f"{net}1/64", "dev", "eth0", "nodad")
                row.middle.run("ip", "addr", "add", f"{net}2/64", "dev", device, "nodad")
                end.run("ip", "route", "add", "default", "via", f"{net}2")
            worker = Worker(row, address="fd78::1")
            peer = Peer(row)
            answer = worker.join(peer.hear()["offer"], "Ada")
            self.assertEqual(answer.status, 201, answer.body)
            candidates = [line.split() for line in answer.body.splitlines() if line.startswith("a=candidate:")]
            self.assertEqual([candidate[4] for candidate in candidates], ["fd78::1"])
            peer.tell(answer=answer.body)
            self.assertEqual(peer.hear(), {"connected": True, "local": "host", "remote": "fd78::1"})
            wait_for("Ada's sound", on_stage(worker, "Ada"))


if __name__ == "__main__":
    enter()
    unittest.main(verbosity=2)
