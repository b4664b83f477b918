// The QR code carries number and code behind the #, which no server sees.
// Take them out of the address and post them.
(function () {
  var m = /^#([0-9A-Z]{8})-([0-9A-Z]{9})$/i.exec(location.hash);
  if (!m) return;
  history.replaceState(null, "", location.pathname + location.search);
  var form = document.getElementById("track");
  form.elements.number.value = m[1];
  form.elements.code.value = m[2];
  form.submit();
})();
