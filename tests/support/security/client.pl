# The executable of the stand-in, behind a line that says where its fixture listens (`our $socket = '…';`). It does
# what it is told over that socket, and is in Perl since it is started about a thousand times: Perl is there at once,
# and on every Debian and macOS.
#
# An order is a letter, a length and so many bytes; an answer is the same without the letter. A length is eight
# hexadecimal digits. The first answer, the arguments, is given without an order.
use strict;
use Socket;

our $socket;
# Writing to whoever is gone fails, and does not end this process without a word.
$SIG{PIPE} = 'IGNORE';
socket my $fixture, PF_UNIX, SOCK_STREAM, 0 or fail();
connect $fixture, pack_sockaddr_un($socket) or fail();
for my $stream ($fixture, *STDOUT) {
  select $stream;
  $| = 1;
}

answer(join '', map "$_\0", @ARGV);
while (1) {
  my ($order, $length) = unpack 'a a8', take(9);
  my $bytes = take(hex $length);
  if ($order eq 'o') {
    print STDOUT $bytes or fail();
  } elsif ($order eq 'e') {
    print STDERR $bytes or fail();
  } elsif ($order eq 'r') {
    await_stdin();
    sysread STDIN, my $chunk, 4096;
    answer($chunk);
  } elsif ($order eq 'd') {
    # A dialog: no other order follows.
    answer('');
  } elsif ($order eq 'a') {
    # The same with an agent.
    start_agent();
    answer('');
  } else {
    exit ord $bytes;
  }
}

sub take {
  my ($length) = @_;
  read($fixture, my $bytes, $length) == $length or fail();
  return $bytes;
}

# The fixture says nothing meanwhile: when there is something to read from it, that is its end.
sub await_stdin {
  vec(my $ready = '', fileno STDIN, 1) = 1;
  vec($ready, fileno $fixture, 1) = 1;
  select $ready, undef, undef, undef;
  fail() if vec $ready, fileno $fixture, 1;
}

sub answer {
  my ($bytes) = @_;
  printf $fixture '%08x%s', length $bytes, $bytes or fail();
}

# It holds stdout and stderr until the fixture is gone, even if this process is killed.
sub start_agent {
  my $pid = fork;
  fail() unless defined $pid;
  return if $pid != 0;
  close STDIN;
  read $fixture, my $end, 1;
  exit;
}

sub fail {
  print STDERR "security: the stand-in can't go on\n";
  exit 1;
}
